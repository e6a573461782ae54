// Turns TypeScript and ESM-only packages into CommonJS for jest.
const { transformSync } = require('esbuild');

module.exports = {
  process(source, path) {
    const loader = /\.tsx?$/.test(path) ? 'ts' : 'js';
    const { code } = transformSync(source, {
      loader,
      format: 'cjs',
      target: 'node20',
      sourcefile: path,
      sourcemap: 'inline',
      define: { 'import.meta.url': '__importMetaUrl' },
      banner: 'const __importMetaUrl = require("node:url").pathToFileURL(__filename).href;',
    });
    return { code };
  },
};
