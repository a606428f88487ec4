// Runs before the first paint, so that a dark page never flashes white.
(() => {
  let theme;
  try {
    theme = localStorage.getItem('theme');
  } catch {
    theme = null;
  }
  document.documentElement.dataset.theme = theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
})();
