// Builds dist/: the CLI with one bundle for each command, the engine, and its workers.
// CommonJS, because `require` of Node's own modules is 20 times quicker than importing them (docs/facts.md).
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import type { Runner } from '../src/cli/command.ts'
import { entryOf, type Manifest } from '../src/cli/manifest.ts'

const root = new URL('..', import.meta.url).pathname
process.chdir(root)
// package.json is ours and has a version.
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

const shared: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  legalComments: 'none',
  logLevel: 'warning',
  external: ['koffi'],
  // Its modules as ES modules, of which a bundle takes the lexer and the parser only.
  alias: { yaml: `${root}node_modules/yaml/browser/dist/index.js` },
  // import() of a bundle would go through the ESM loader, which require is spared.
  supported: { 'dynamic-import': false },
  define: { TSC_COMPOSE_VERSION: JSON.stringify(version), 'import.meta.url': '__bundleUrl' },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
}

/** A bundle and an entry of the manifest for each command. */
const commands = await Promise.all(
  globSync('src/commands/**/*.ts')
    .filter(file => /^export const run = /m.test(readFileSync(file, 'utf8')))
    .sort()
    .map(async file => {
      // Found by its export just now.
      const { run } = (await import(`${root}${file}`)) as { run: Runner }
      return { file, entry: entryOf(run.command) }
    }),
)
const manifest: Manifest = { commands: Object.fromEntries(commands.map(({ entry }) => [entry.id, entry])) }
const workers = globSync('src/engine/**/*.worker.ts')
const engine = existsSync('src/engine/main.ts') ? ['src/engine/main.ts'] : []

// Built aside and then put in place at once: a CLI or an engine may be running from the old one.
const out = `dist.${process.pid}`
const old = `${out}.old`
process.on('exit', () => rmSync(out, { recursive: true, force: true }))
mkdirSync(out)
// The package is ESM, what is built here is not.
writeFileSync(`${out}/package.json`, '{"type":"commonjs"}\n')
writeFileSync(`${out}/manifest.json`, JSON.stringify(manifest))
await Promise.all([
  build({
    ...shared,
    entryPoints: ['src/cli/cli.ts'],
    outfile: `${out}/cli.js`,
    banner: { js: `${shared.banner?.js}require('node:module').enableCompileCache?.();` },
  }),
  build({
    ...shared,
    entryPoints: Object.fromEntries(
      commands.map(({ file, entry }) => [`command-${entry.id.replaceAll(' ', '-')}`, file]),
    ),
    outdir: out,
  }),
  build({
    ...shared,
    entryPoints: Object.fromEntries([
      ...engine.map(file => ['engine', file]),
      ...workers.map(file => [basename(file, '.ts'), file]),
    ]),
    outdir: out,
  }),
])
if (existsSync('dist')) renameSync('dist', old)
renameSync(out, 'dist')
rmSync(old, { recursive: true, force: true })
