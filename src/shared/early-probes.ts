/** On a container: `false` keeps the engine from probing it between the times that its health check's interval says. */
export const earlyProbesLabel = 'io.github.tsc-compose.early-probes'
