/* Sets the theme that was chosen (src/store/preferences.ts) before the page is drawn for the first time. */
try {
  const { theme } = JSON.parse(localStorage.getItem('shellwright.preferences') ?? '{}');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is denied or holds something else: the system's theme does.
}
