import Problems
import ShardWriter

extension Differences {
  /// Two data sets, sample by sample by their places. Input files are the same where their names are; where no name is in
  /// both, the files are compared in their order. Memory: the samples of a shard of each.
  public init(_ first: DataSet, _ second: DataSet, exampleLimit: Int) throws(Problem) {
    self.init(exampleLimit: exampleLimit)
    let inputs = Self.inputs(
      first.manifest.inputs.map(\.file), second.manifest.inputs.map(\.file))
    files = inputs.names.map { String(decoding: $0, as: UTF8.self) }
    var one = PlacedSamples(first, inputs: inputs.first)
    var other = PlacedSamples(second, inputs: inputs.second)
    var left = try one.next()
    var right = try other.next()
    while left != nil || right != nil {
      let order = Self.order(left, right)
      compare(order <= 0 ? left : nil, order >= 0 ? right : nil)
      if order <= 0 { left = try one.next() }
      if order >= 0 { right = try other.next() }
    }
  }

  /// Below 0 where the first comes before, 0 where both are of one place.
  private static func order(_ one: PlacedSample?, _ other: PlacedSample?) -> Int {
    guard let one else { return 1 }
    guard let other else { return -1 }
    return one.source < other.source ? -1 : one.source == other.source ? 0 : 1
  }

  /// A number for each input file of both, the same for the same file; and the files' names by them.
  static func inputs(
    _ first: [[UInt8]], _ second: [[UInt8]]
  ) -> (first: [Int], second: [Int], names: [[UInt8]]) {
    if Set(first).isDisjoint(with: second) {
      return (
        Array(first.indices), Array(second.indices), first + second.dropFirst(first.count)
      )
    }
    // A file that is named again is the other's of the same turn.
    var free: [[UInt8]: [Int]] = [:]
    for (number, name) in first.enumerated().reversed() { free[name, default: []].append(number) }
    var names = first
    let numbers = second.map { name in
      if let number = free[name]?.popLast() { return number }
      names.append(name)
      return names.count - 1
    }
    return (Array(first.indices), numbers, names)
  }
}
