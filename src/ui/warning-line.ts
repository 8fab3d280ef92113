// A warning as Docker Compose's log prints it: scripts and people look for this form.

export function warningLine(text: string): string {
  return `time="${new Date().toISOString().slice(0, 19)}Z" level=warning msg=${JSON.stringify(text)}\n`
}
