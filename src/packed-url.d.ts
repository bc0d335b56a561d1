/** Address of a file that the build stores gzipped: scripts/vite/packed-url-plugin.ts. */
declare module '*?packed-url' {
  const url: string;
  export default url;
}
