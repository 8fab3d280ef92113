// The threads that work on files of containers and layers, by the files they start with.

export interface Workers {
  unpack: URL
  pack: URL
  copy: URL
  changes: URL
}
