export default function Page() {
  return 'cities'
}
