/// The paths of records in words, each made once.
struct PathNames {
  private var known: [UInt64: String] = [:]

  /// A message's own fields recur in every record: their names are kept.
  mutating func name(of path: Int, in heap: ValueHeap) -> String {
    let node = heap.paths[path]
    guard node.parent > 0, node.keyCount >= 0, node.keyCount <= 20 else {
      return heap.describe(path: path)
    }
    let above = heap.paths[Int(node.parent)]
    guard above.isMessage, above.parent > 0, heap.paths[Int(above.parent)].parent == 0 else {
      return heap.describe(path: path)
    }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for part in [heap.paths[Int(above.parent)], node] {
      for index in Int(part.key)..<Int(part.key) + Int(part.keyCount) {
        hash = (hash ^ UInt64(heap.bytes[index])) &* 0x100_0000_01B3
      }
      hash = (hash ^ 0x2E) &* 0x100_0000_01B3
    }
    hash = (hash ^ UInt64(above.key)) &* 0x100_0000_01B3
    if let name = known[hash], name.utf8.count < 80 { return name }
    let name = heap.describe(path: path)
    if known.count < 1 << 14 { known[hash] = name }
    return name
  }
}
