import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instance } from '@viz-js/viz'
import { projectOf } from '../../../test/memory-project.ts'
import { dotGraph, type VizOptions } from './dot.ts'
import { mermaidGraph } from './mermaid.ts'

const text = `
services:
  web: {image: alpine:3.18, depends_on: [db], networks: [front], ports: ["8080:80"]}
  db: {image: busybox}
networks: {front: }
`
const all: VizOptions = { image: true, networks: true, ports: true, indentation: '\t' }
const bare: VizOptions = { image: false, networks: false, ports: false, indentation: '   ' }

/** As Docker Compose printed them, in the order of a sort. */
test('a graph has the lines of Docker Compose', async () => {
  const project = await projectOf(text)
  assert.deepEqual(dotGraph(project, all).split('\n').sort(), [
    '',
    '',
    '\t"db" [style="filled" label=<<font point-size="15">db</font><font point-size="10"><br/><br/><b>Networks:</b><br/>default</font><font point-size="10"><br/><br/><b>Image:</b><br/>busybox</font>>];',
    '\t"web" -> "db";',
    '\t"web" [style="filled" label=<<font point-size="15">web</font><font point-size="10"><br/><br/><b>Networks:</b><br/>front</font><font point-size="10"><br/><br/><b>Ports:</b><br/>8080:80 (tcp, ingress)</font><font point-size="10"><br/><br/><b>Image:</b><br/>alpine:3.18</font>>];',
    '\tlayout=dot;',
    `digraph "${project.name}" {`,
    '}',
  ])
  assert.ok(dotGraph(project, bare).includes('\n   "db" [style="filled" label=<<font point-size="15">db</font>>];\n'))
})

test('Graphviz draws it', async () => {
  const drawn = (await instance()).renderString(dotGraph(await projectOf(text), all), { format: 'svg' })
  assert.match(drawn, /<svg [\s\S]*>web<[\s\S]*8080:80 \(tcp, ingress\)/)
})

test('a flowchart of Mermaid', async () => {
  assert.equal(
    mermaidGraph(await projectOf(text), { ...all, indentation: '  ' }),
    `flowchart TD
  s0["web<br/>Networks: front<br/>Ports: 8080:80 (tcp, ingress)<br/>Image: alpine:3.18"]
  s1["db<br/>Networks: default<br/>Image: busybox"]
  s0 --> s1
`,
  )
})
