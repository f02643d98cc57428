/** The lines of a changelog: what changed, without the hash of a commit that its reader does not have. */
export default {
  getReleaseLine: async ({ summary }) => `- ${summary.trim().replaceAll('\n', '\n  ')}`,
  // Both packages have the same version.
  getDependencyReleaseLine: async () => '',
}
