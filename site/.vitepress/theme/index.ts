import DefaultTheme from 'vitepress/theme'
import type { Theme } from 'vitepress'
import UrlExplorer from '../../explorer/UrlExplorer.vue'
// oxlint-disable-next-line import/no-unassigned-import -- it is a style sheet
import './style.css'

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('UrlExplorer', UrlExplorer)
  },
} satisfies Theme
