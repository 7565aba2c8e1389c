import Testing

@testable import Masking

@Suite("A packing plan")
struct PackingPlanTests {
  /// Best fit decreasing with a scan over all rows: the oracle of the indexed one.
  static func naive(_ lengths: [Int], capacity: Int) -> Int {
    var rooms: [Int] = []
    for length in lengths.sorted(by: >) {
      let fitting = rooms.indices.filter { rooms[$0] >= length }
      if let best = fitting.min(by: { rooms[$0] < rooms[$1] }) {
        rooms[best] -= length
      } else {
        rooms.append(capacity - length)
      }
    }
    return rooms.count
  }

  @Test("fills rows exactly where lengths allow it, and keeps record order")
  func exactFit() {
    let plan = PackingPlan(lengths: [3, 7, 5, 5, 9, 1], capacity: 10)
    #expect(plan.rows.map(Array.init) == [[0, 1], [2, 3], [4, 5]])
  }

  @Test(
    "places every sample once, never overfills, and opens as many rows as the naive best fit",
    arguments: [1, 2, 63, 64, 65, 100, 127, 1024, 4095, 4096, 4097, 9000])
  func properties(capacity: Int) {
    var random = SplitMix(state: UInt64(capacity))
    for shape in 1...4 {
      let lengths = (0..<300).map { _ in
        1 + Int(random.next() % UInt64(max(1, capacity / shape)))
      }
      let plan = PackingPlan(lengths: lengths, capacity: capacity)
      #expect(plan.samples.sorted() == Array(0..<300))
      for row in plan.rows {
        #expect(row.reduce(0) { $0 + Int(lengths[$1]) } <= capacity)
        #expect(Array(row) == row.sorted())
      }
      #expect(plan.rows.map(\.first!) == plan.rows.map(\.first!).sorted())
      #expect(plan.rowEnds.count == Self.naive(lengths, capacity: capacity))
    }
  }

  @Test("counts aligned lengths")
  func alignment() {
    // 5 and 3 take 8 and 8 of 16; without alignment a third 8 would fit.
    #expect(PackingPlan(lengths: [5, 3, 8], capacity: 16, alignment: 8).rowEnds.count == 2)
    #expect(PackingPlan(lengths: [5, 3, 8], capacity: 16).rowEnds.count == 1)
  }

  @Test("gives a sample longer than a row a row alone")
  func tooLong() {
    #expect(PackingPlan(lengths: [20, 4, 6], capacity: 10).rows.map(Array.init) == [[0], [1, 2]])
  }

  @Test("of nothing has no rows")
  func empty() { #expect(PackingPlan(lengths: [], capacity: 10).rowEnds.isEmpty) }
}

/// Steele, Lea, Flood: *Fast splittable pseudorandom number generators*, 2014.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
