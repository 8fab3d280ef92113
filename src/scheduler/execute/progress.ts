// The one event stream that everything on screen is drawn from.
// Contract: the events of one id come in order; Working ones are followed by Done, Warning or Error, which end it
// unless another Working follows (Created, then Starting).

export interface ProgressEvent {
  /** Kind and name: `Container p-web-1`, `Network p_default`, `Image alpine`. */
  id: string
  status: 'Working' | 'Done' | 'Warning' | 'Error'
  /** The verb: Creating, Created, Waiting, Healthy, … */
  text: string
  details?: string
  /** The id of the whole of which this is a part: an image's layers. */
  parentId?: string
  /** Of a part: how far it is. */
  current?: number
  total?: number
}

export type OnProgress = (event: ProgressEvent) => void
