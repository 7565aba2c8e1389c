import Problems
import Testing

@testable import ShardWriter

@Suite("The order of a stream")
struct StreamOrderTests {
  private let starts = [[0, 3, 10, 11, 20], [0, 7]]

  @Test("each row comes once an epoch, in another order in each")
  func onceAnEpoch() throws {
    let order = try StreamOrder(starts, StreamOrder.Options())
    #expect(order.count == 27)
    var seen: [[String]] = []
    for epoch in 0..<3 {
      seen.append(order.at(Array(0..<27), epoch: epoch).map { "\($0.dataSet):\($0.row)" })
      #expect(Set(seen[epoch]).count == 27)
    }
    #expect(seen[0] != seen[1] && seen[1] != seen[2])
    #expect(
      order.at([5, 20], epoch: 1).map { "\($0.dataSet):\($0.row)" } == [seen[1][5], seen[1][20]])
  }

  @Test("without shuffling a data set is read in order")
  func inOrder() throws {
    var options = StreamOrder.Options()
    options.shuffles = false
    #expect(
      try StreamOrder([starts[0]], options).at(Array(0..<20), epoch: 4).map(\.row) == Array(0..<20))
  }

  @Test("weights share out an epoch, and no row comes again before all of its data set came")
  func weights() throws {
    var options = StreamOrder.Options()
    options.weights = [3, 1]
    options.rowsPerEpoch = 28
    let order = try StreamOrder(starts, options)
    var rows: [[Int]] = [[], []]
    for epoch in 0..<5 {
      for found in order.at(Array(0..<28), epoch: epoch) { rows[found.dataSet].append(found.row) }
    }
    #expect(rows.map(\.count) == [105, 35])
    for pass in 0..<5 {
      #expect(Set(rows[0][20 * pass..<20 * (pass + 1)]).count == 20)
      #expect(Set(rows[1][7 * pass..<7 * (pass + 1)]).count == 7)
    }
    options.weights = [1]
    #expect(throws: Problem.self) { try StreamOrder(starts, options) }
  }

  @Test("ranks take every w-th position, and steps go on into the next epoch")
  func steps() {
    let steps = StreamSteps(count: 11, batchSize: 2, worldSize: 2, isEven: false)
    func place(_ step: Int, _ rank: Int, taken: Int = 0) -> String {
      steps.place(ofStep: step, rank: rank, epoch: 1, taken: taken).map {
        "\($0.epoch) \($0.positions)"
      } ?? ""
    }
    #expect(place(0, 0) == "1 [0, 2]" && place(0, 1) == "1 [1, 3]")
    #expect(place(2, 0) == "1 [8, 10]" && place(2, 1) == "1 [9]")
    #expect(place(3, 0) == "2 [0, 2]" && place(7, 1) == "3 [5, 7]")
    #expect(place(0, 1, taken: 8) == "1 [9]" && place(1, 1, taken: 8) == "2 [1, 3]")
    let even = StreamSteps(count: 11, batchSize: 2, worldSize: 2, isEven: true)
    #expect(even.place(ofStep: 2, rank: 0, epoch: 0, taken: 0)?.positions == [8])
    #expect(
      StreamSteps(count: 2, batchSize: 1, worldSize: 4, isEven: false).place(
        ofStep: 0, rank: 3, epoch: 0, taken: 0) == nil)
  }
}
