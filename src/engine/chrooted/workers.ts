// The threads whose root is a container's or a layer's, by the files they start with.

export interface Workers {
  unpack: URL
  pack: URL
  copy: URL
}
