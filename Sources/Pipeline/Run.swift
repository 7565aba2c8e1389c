import Files
import Input
import Masking
import Problems
import ShardWriter
import Synchronization

/// Files → shards: cuts the inputs into blocks, encodes them on several threads, publishes each as a
/// shard, and the manifest last.
///
/// Workers pull: each asks the reader for a block, encodes it and publishes its shard before it asks
/// for the next. Nothing queues up, so memory is bounded by threads × block; no shard depends on
/// another, so order, threads and interruptions leave no trace in the output.
public struct Run: Sendable {
  public var spec: RunSpec
  public var inputs: [InputFile]
  /// The folder to write.
  public var output: String
  public var threads = 1
  public var rejectLimit = RejectLimit.share(0.01)
  /// Replaces what prep wrote to the folder before.
  public var overwrite = false
  /// Reads every byte of a finished folder, not only names and sizes, and makes again what is damaged.
  public var verify = false
  /// The part of the blocks to do; nil for all.
  public var partition: Manifest.Partition?
  /// Called after each block, by one thread at a time.
  public var onProgress: (@Sendable (RunProgress) -> Void)?
  /// Called when all blocks are done, before the run is published or refused for its rejects; of a run that fails on
  /// the way, with what was done by then.
  public var onReport: (@Sendable (RunReport) -> Void)?
  /// Called for the first rejects of each block that is encoded, by one thread at a time.
  public var onReject: (@Sendable (_ file: [UInt8], Reject) -> Void)?
  var stop = Stop()
  private let makeEncoder: @Sendable () -> any TextEncoder

  /// `makeEncoder` gives each worker its own.
  public init(
    spec: RunSpec, inputs: [InputFile], output: String,
    makeEncoder: @escaping @Sendable () -> any TextEncoder
  ) {
    self.spec = spec
    self.inputs = inputs
    self.output = output
    self.makeEncoder = makeEncoder
  }

  /// Does the work; blocks until it is done: see `begin` for programs that wait with `await`. The same call again goes on where a killed one stopped,
  /// and only reads a finished one.
  public func start() throws(Problem) -> RunReport {
    let clock = ContinuousClock()
    let begin = clock.now
    let shardSpec = spec.shardSpec
    let folder = try OutputFolder(output)
    let finished = try folder.prepare(for: shardSpec, overwrite: overwrite)

    let isWhole = finished.map { folder.isWhole($0, everyByte: verify) } ?? false
    let state = Mutex(
      RunState(finished: finished, isWhole: isWhole, partition: partition, spec: shardSpec))
    let shared = SharedBlockReader(
      files: inputs, blockSize: spec.blockSize, maximumRecordSize: spec.maximumRecordSize)
    Workers.run(count: max(1, threads)) { _ in
      work(shared: shared, folder: folder, spec: shardSpec, state: state)
    }
    return try state.withLock { state throws(Problem) in
      if let failure = state.failure {
        if let made = state.builder.unfinished, !made.shards.isEmpty {
          onReport?(
            RunReport(
              manifest: made, blocksReused: state.reused, reused: state.progress.reused,
              elapsed: clock.now - begin, packing: spec.packing))
        }
        throw failure.error
      }
      let manifest = try finish(&state, finished: finished, folder: folder, spec: shardSpec)
      if partition == nil {
        try manifest.totals.checkNotEmpty(Place(file: inputs.count == 1 ? inputs[0].path : ""))
      }
      let report = RunReport(
        manifest: manifest, blocksReused: state.reused, reused: state.progress.reused,
        elapsed: clock.now - begin, packing: spec.packing)
      onReport?(report)
      let rejected = report.rejected.values.reduce(0, +)
      guard rejectLimit.allows(Int(rejected), of: Int(manifest.totals.records)) else {
        try folder.publishRejects(manifest)
        throw rejectLimit.problem(
          rejected: Int(rejected), of: Int(manifest.totals.records), folder: output)
      }
      if !isWhole {
        if partition == nil { try checkUnused(manifest.totals, folder) }
        try folder.publish(manifest)
      }
      return report
    }
  }

  /// Refuses options that had nothing to act on. The shards are of no use to the command without them, so they go.
  private func checkUnused(_ totals: Totals, _ folder: OutputFolder) throws(Problem) {
    do throws(Problem) {
      try spec.checkUnused(totals)
    } catch {
      try folder.removeOwnFiles()
      throw error
    }
  }

  private func finish(
    _ state: inout RunState, finished: Manifest?, folder: OutputFolder, spec: ShardSpec
  ) throws(Problem) -> Manifest {
    if let finished, state.matched != finished.shards.count {
      throw Self.otherInput(folder.path)
    }
    guard let finished, state.isWhole else { return try state.builder.finish(seen: state.seen) }
    return finished
  }

  private static func otherInput(_ path: String) -> Problem {
    Problem(
      .unusable, Place(file: path), reason: "the folder holds the finished run of other input",
      remedy: "choose another \(OptionName.output), or replace it with \(OptionName.overwrite)")
  }

  /// One worker's life.
  private func work(
    shared: SharedBlockReader, folder: OutputFolder, spec shardSpec: ShardSpec,
    state: borrowing Mutex<RunState>
  ) {
    let block = Block()
    let encoder = BlockEncoder(spec: spec, encoder: makeEncoder())
    do throws(Problem) {
      let writer = try ShardFileWriter(spec: shardSpec, level: Int32(clamping: spec.level))
      while true {
        if state.withLock({ $0.failure != nil }) { return }
        try stop.check()
        guard try shared.next(into: block) else { return }
        block.setKey(spec: shardSpec.digest)
        if let partition {
          // Other parts' blocks too, so that merging can tell whether all parts saw the same input.
          state.withLock { $0.seen.add(block.source) }
          if (block.source.input + block.source.block) % partition.count != partition.index {
            continue
          }
        }
        try finish(block, encoder: encoder, writer: writer, folder: folder, state: state)
      }
    } catch {
      state.withLock { $0.fail(error, at: block.source) }
    }
  }

  /// Makes a block's shard, unless the folder has it.
  private func finish(
    _ block: Block, encoder: BlockEncoder, writer: ShardFileWriter, folder: OutputFolder,
    state: borrowing Mutex<RunState>
  ) throws(Problem) {
    let source = block.source
    let (known, isWhole) = state.withLock { ($0.known(source), $0.isWhole) }
    guard let known else { throw Self.otherInput(folder.path) }
    if isWhole {
      report(block, totals: known, rejects: [], reused: true, state: state)
      return
    }
    if let summary = folder.existing(source, spec: writer.spec) {
      try add(summary, to: state)
      report(block, totals: summary.header.totals, rejects: [], reused: true, state: state)
      return
    }
    let result = try encoder.encode(block)
    let shard = try writer.encode(
      result.rows, source: source, totals: result.totals, rejects: result.rejects)
    try folder.publish(shard)
    let summary = shard.summary
    try add(summary, to: state)
    report(
      block, totals: summary.header.totals, rejects: result.rejects.first, reused: false,
      state: state)
  }

  private func add(_ summary: ShardSummary, to state: borrowing Mutex<RunState>) throws(Problem) {
    try state.withLock { state throws(Problem) in
      try state.builder.add(summary)
    }
  }

  private func report(
    _ block: Block, totals: Totals, rejects: [Reject], reused: Bool,
    state: borrowing Mutex<RunState>
  ) {
    state.withLock { state in
      let fileBytes = max(state.progress.fileBytes, block.fileBytesRead)
      if reused {
        state.reused += 1
        state.progress.reused.rows += Int(totals.rows)
        state.progress.reused.bytes += Int(block.source.byteCount)
        state.progress.reused.fileBytes += fileBytes - state.progress.fileBytes
      }
      state.progress.records += Int(totals.records)
      state.progress.rows += Int(totals.rows)
      state.progress.rejected += Int(totals.faultCount)
      state.progress.reasons.merge(totals.faults) { $0 &+ $1 }
      state.progress.leftOut += Int(totals.leftOutCount)
      state.progress.bytes += Int(block.source.byteCount)
      state.progress.fileBytes = fileBytes
      if let onReject { for reject in rejects { onReject(block.source.file, reject) } }
      onProgress?(state.progress)
    }
  }
}

/// How far a run has come.
public struct RunProgress: Hashable, Sendable {
  public var records = 0
  public var rows = 0
  /// Records at fault.
  public var rejected = 0
  /// The same by reason.
  public var reasons: [String: UInt64] = [:]
  /// Records that the lengths asked for leave out.
  public var leftOut = 0
  /// Input bytes of the blocks done, decompressed.
  public var bytes = 0
  /// Input bytes read, as they lie in the files.
  public var fileBytes = 0
  /// What of it lay in the folder already: a rate counts what is made.
  public var reused = Reused()

  public struct Reused: Hashable, Sendable {
    public var rows = 0
    public var bytes = 0
    public var fileBytes = 0
  }
}

/// What workers share beside the reader.
private struct RunState: ~Copyable {
  var builder: ManifestBuilder
  /// Blocks of the input, whoever encodes them.
  var seen = BlocksDigest()
  var progress = RunProgress()
  var reused = 0
  var matched = 0
  /// The failure of the earliest block.
  var failure: (error: Problem, input: Int, block: Int)?
  /// Whether the folder holds a finished run, and all of its files.
  let isWhole: Bool
  /// Blocks of the finished run; nil where there is none.
  private let shards: [String: Manifest.Shard]?

  init(finished: Manifest?, isWhole: Bool, partition: Manifest.Partition?, spec: ShardSpec) {
    builder = ManifestBuilder(partition: partition, spec: spec)
    self.isWhole = isWhole
    shards = finished.map { manifest in
      Dictionary(
        manifest.shards.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
  }

  /// What is known of a block before it is made: of a finished run its totals; nil where it may not be made, as that run
  /// did not have it.
  mutating func known(_ source: BlockSource) -> Totals? {
    guard let shards else { return Totals() }
    guard let shard = shards[source.shardName], shard.source == source else { return nil }
    matched += 1
    return shard.totals
  }

  mutating func fail(_ error: Problem, at source: BlockSource) {
    if let failure, (failure.input, failure.block) <= (source.input, source.block) { return }
    failure = (error, source.input, source.block)
  }
}
