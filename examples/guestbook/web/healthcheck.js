// Healthy when the server answers and both of its stores do.
const response = await fetch('http://127.0.0.1:8080/health').catch(() => undefined)
process.exit(response?.ok ? 0 : 1)
