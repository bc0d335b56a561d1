/** Makes `window.shellwright` known to tests that run code in the page. */
import '../src/state/scripting-api.ts';
