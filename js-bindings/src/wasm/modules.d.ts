// The three WASM modules, by the names that package.json maps to a loader for each runtime.
declare module '#edge-module' {
  const module: WebAssembly.Module
  export default module
}
declare module '#proxy-module' {
  const module: WebAssembly.Module
  export default module
}
declare module '#full-module' {
  const module: WebAssembly.Module
  export default module
}
