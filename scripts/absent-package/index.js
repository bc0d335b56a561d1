/** Stands in for a Node-only package; importing it in a browser build would be a mistake, so it exports nothing. */
export {};
