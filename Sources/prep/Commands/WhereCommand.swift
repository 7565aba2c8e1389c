import ArgumentParser
import JSONText
import Pipeline
import Problems
import ShardWriter

/// `prep where`: the records that a step of training saw.
struct WhereCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "where",
    abstract: "Name file, line and turns of each sample that a step of training saw.",
    discussion: """
      Examples:
        prep where shards --step 1200 --batch-size 8 --seed 1
        prep where shards --step 1200 --batch-size 8 --world-size 4 --rank 3
        prep where shards --row 17,204

      The rows are those that ShardStream of prep.torch gives with this seed, window and weights; any number of workers \
      gives the same, and under accelerate the ranks of a step together. Steps count from 0 and go on through the epochs; each is a batch of every rank. For another order, such \
      as that of a DataLoader over ShardDataset, name the rows themselves: --row. Turns are those of which something is \
      learned, as long as the input is where it was.
      """)

  @Argument(
    help: ArgumentHelp(
      "Folders that prep run wrote, as ShardStream was given them.", valueName: "folder"))
  var folders: [String]

  @Option(help: ArgumentHelp("Step of the training, from 0.", valueName: "n"))
  var step: Int?

  @Option(
    help: ArgumentHelp(
      "Rows of the folder, from 0, with commas between: what a sampler chose.", valueName: "rows"))
  var row: RowNumbers?

  @Option(
    help: ArgumentHelp(
      "Rows of a rank in a step: batch size, times accumulated batches.", valueName: "n"))
  var batchSize = 1

  @Option(help: ArgumentHelp("Ranks that take rows.", valueName: "n"))
  var worldSize = 1

  @Option(help: ArgumentHelp("One of the ranks, from 0. (default: all)", valueName: "n"))
  var rank: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Seed of the stream.", valueName: "n"))
  var seed = 0

  @Option(help: ArgumentHelp("Epoch in which step 0 is.", valueName: "n"))
  var epoch = 0

  @Option(
    help: ArgumentHelp(
      "Rows of that epoch that were taken before step 0: \"rows\" of the state that the training resumed from.",
      valueName: "n"))
  var taken = 0

  @Option(
    help: ArgumentHelp(
      "Rows that are shuffled together. (default: those of 64 frames)", valueName: "n"))
  var window: Int?

  @Option(
    help: ArgumentHelp("Shares of the folders, with commas between: 3,1.", valueName: "numbers"))
  var weights: Weights?

  @Option(help: ArgumentHelp("Rows of an epoch, with --weights.", valueName: "n"))
  var rowsPerEpoch: Int?

  @Flag(help: "The stream was made with shuffle=False.")
  var noShuffle = false

  @Flag(
    help: "The stream was made with even=True: the last rows that not every rank gets are left out."
  )
  var even = false

  @Option(help: ArgumentHelp("Where the tokenizer is now.", valueName: "tokenizer"))
  var tokenizer: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (step == nil) != (row == nil) else {
      throw ValidationError("name a step of the training, or rows: --step or --row")
    }
    guard row == nil || folders.count == 1 else {
      throw ValidationError("--row names rows of one folder")
    }
    for (name, value, least) in [
      ("--step", step ?? 0, 0), ("--batch-size", batchSize, 1), ("--world-size", worldSize, 1),
      ("--epoch", epoch, 0), ("--taken", taken, 0), ("--window", window ?? 1, 1),
      ("--rows-per-epoch", rowsPerEpoch ?? 1, 1),
    ] where value < least || value >= 1 << 40 {
      throw ValidationError("\(name) \(value): must be from \(least) to \((1 << 40) - 1)")
    }
    guard let rank else { return }
    guard rank >= 0, rank < worldSize else {
      throw ValidationError("--rank \(rank): ranks go from 0 to \(worldSize - 1) (--world-size)")
    }
  }

  func run() throws {
    try reportingErrors(json: json) {
      let sets = try folders.map { (folder) throws(Problem) in try DataSet(folder) }
      let shares = try shares(of: sets)
      let samples = try sets.map { (set) throws(Problem) in
        try TracedSamples(set, tokenizer: tokenizer)
      }
      var out = StandardOutput()
      if json {
        try out.write(object(shares, samples))
      } else {
        try describe(shares, samples, to: &out)
      }
      try out.flush()
    }
  }

  /// What one rank takes in the step.
  private struct Share {
    /// nil where rows were named.
    var rank: Int?
    var epoch: Int
    var rows: [(dataSet: Int, row: Int)]
  }

  private func shares(of sets: [DataSet]) throws(Problem) -> [Share] {
    if let row {
      if let wrong = row.numbers.first(where: { $0 >= sets[0].count }) {
        throw Problem(
          .option, reason: "\(folders[0]): there is no row \(wrong)",
          remedy: sets[0].count == 0
            ? "it has no rows" : "rows go from 0 to \(sets[0].count - 1)")
      }
      return [Share(epoch: 0, rows: row.numbers.map { (0, $0) })]
    }
    var options = StreamOrder.Options()
    options.seed = seed
    options.shuffles = !noShuffle
    options.weights = weights?.numbers ?? []
    options.window = window
    options.rowsPerEpoch = rowsPerEpoch
    let order = try StreamOrder(
      sets.map { (set) throws(Problem) in try set.frameStarts() }, options)
    let steps = StreamSteps(
      count: order.count, batchSize: batchSize, worldSize: worldSize, isEven: even)
    guard taken < order.count else {
      throw Problem(
        .option, reason: "--taken \(taken): an epoch has \(order.count) rows",
        remedy: "the epoch is over then: --epoch \(epoch + 1)")
    }
    return try (rank.map { $0..<$0 + 1 } ?? 0..<worldSize).map { (rank) throws(Problem) in
      guard
        let place = steps.place(ofStep: step ?? 0, rank: rank, epoch: epoch, taken: taken)
      else {
        throw Problem(
          .option,
          reason: "rank \(rank) has no rows: an epoch has \(order.count), for \(worldSize) ranks",
          remedy: "check --world-size")
      }
      return Share(
        rank: rank, epoch: place.epoch, rows: order.at(place.positions, epoch: place.epoch))
    }
  }

  // MARK: - For people

  private func describe(
    _ shares: [Share], _ samples: [TracedSamples], to out: inout StandardOutput
  ) throws {
    for share in shares {
      if let rank = share.rank {
        try out.line(
          Paint.out("step \(step ?? 0), epoch \(share.epoch), rank \(rank) of \(worldSize)", .head))
      }
      for (set, row) in share.rows {
        let name = folders.count > 1 ? "\(folders[set]) row \(row)" : "row \(row)"
        for sample in try samples[set].samples(ofRow: row) {
          let which = sample.index > 0 ? ", sample \(sample.index) of it" : ""
          let turns = sample.turns.map { "  learns \($0.joined(separator: ", "))" } ?? ""
          try out.line("  \(name)  \(sample.file):\(sample.line)\(which)\(turns)")
        }
      }
    }
  }

  // MARK: - For programs

  private func object(_ shares: [Share], _ samples: [TracedSamples]) throws -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    if let step { writer.member("step", step) }
    writer.key("batches")
    writer.beginArray()
    for share in shares {
      writer.beginObject()
      if let rank = share.rank {
        writer.member("rank", rank)
        writer.member("epoch", share.epoch)
      }
      writer.key("rows")
      writer.beginArray()
      for (set, row) in share.rows {
        writer.beginObject()
        writer.member("folder", folders[set])
        writer.member("row", row)
        writer.array("samples", try samples[set].samples(ofRow: row)) { sample, writer in
          writer.beginObject()
          writer.member("file", sample.file)
          writer.member("line", sample.line)
          writer.member("offset", sample.offset)
          writer.member("sample", sample.index)
          if let turns = sample.turns { writer.array("learned", turns) { $1.string($0) } }
          writer.endObject()
        }
        writer.endObject()
      }
      writer.endArray()
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    writer.newline()
    return writer.bytes
  }
}

/// `17,204`.
struct RowNumbers: ExpressibleByArgument {
  let numbers: [Int]

  init?(argument: String) {
    var numbers: [Int] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = Int(part), number >= 0 else { return nil }
      numbers.append(number)
    }
    self.numbers = numbers
  }
}

/// `3,1`.
struct Weights: ExpressibleByArgument {
  let numbers: [Double]

  init?(argument: String) {
    var numbers: [Double] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = Double(part), number > 0, number.isFinite else { return nil }
      numbers.append(number)
    }
    self.numbers = numbers
  }
}
