import Jinja

/// The paths of records in words, each made once.
struct PathNames {
  private var known: [UInt64: String] = [:]

  /// A message's own fields recur in every record: their names are kept.
  mutating func name(of path: Int, _ paths: RecordPaths, in heap: ValueHeap) -> String {
    let node = paths[path]
    guard node.parent > 0, node.keyCount >= 0, node.keyCount <= 20 else {
      return paths.describe(path, in: heap)
    }
    let above = paths[Int(node.parent)]
    guard above.isMessage, above.parent > 0, paths[Int(above.parent)].parent == 0 else {
      return paths.describe(path, in: heap)
    }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for part in [paths[Int(above.parent)], node] {
      for index in Int(part.key)..<Int(part.key) + Int(part.keyCount) {
        hash = (hash ^ UInt64(heap.bytes[index])) &* 0x100_0000_01B3
      }
      hash = (hash ^ 0x2E) &* 0x100_0000_01B3
    }
    hash = (hash ^ UInt64(above.key)) &* 0x100_0000_01B3
    if let name = known[hash], name.utf8.count < 80 { return name }
    let name = paths.describe(path, in: heap)
    if known.count < 1 << 14 { known[hash] = name }
    return name
  }
}
