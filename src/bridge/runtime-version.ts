/** The version of ONNX Runtime that this page was built with. */
export { version as ONNX_RUNTIME_VERSION } from '../../node_modules/onnxruntime-web/package.json';
