import ArgumentParser
import Files
import JSONText
import Pipeline
import Problems
import ShardWriter

/// `prep verify`: reads every byte of a data set and names what is damaged.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check every byte of a data set against its checksums.",
    discussion: """
      Examples:
        prep verify shards
        prep verify shards --repair
        prep verify shards --rebuild-manifest

      Names shard, frame and byte offset of all damage; exit code 0: intact, 1: damage found, 2: not a data set.
      A damaged or missing shard is made again by --repair, from the inputs as the run named them, or by the same \
      prep run; manifest and rejects from the shards alone by --rebuild-manifest.
      """)

  @Argument(help: ArgumentHelp("Folder that prep run wrote.", valueName: "dir"))
  var folder: String

  @Flag(help: "Rebuild manifest.sqlite and rejects.jsonl from the shards, after checking those.")
  var rebuildManifest = false

  @Flag(help: "Make what is missing or damaged again, from the inputs of the run; then check.")
  var repair = false

  @Option(
    help: ArgumentHelp(
      "With --repair: where the run's tokenizer is now.", valueName: "name|path"))
  var tokenizer: String?

  @Option(
    help: ArgumentHelp(
      "With --rebuild-manifest: the folder holds part i of n only, as prep run --partition i/n wrote it.",
      valueName: "i/n"))
  var partition: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard partition == nil || Manifest.Partition(partition ?? "") != nil else {
      throw ValidationError("--partition: give i/n, such as 0/4, with i below n")
    }
    guard tokenizer == nil || repair else {
      throw ValidationError("--tokenizer goes with --repair")
    }
    guard !repair || !rebuildManifest else {
      throw ValidationError("--repair makes the manifest too: leave --rebuild-manifest out")
    }
    guard partition == nil || rebuildManifest else {
      throw ValidationError("--partition goes with --rebuild-manifest")
    }
  }

  func run() throws {
    try reportingErrors(json: json) {
      if rebuildManifest {
        _ = try DataSetVerifier.rebuildManifest(
          folder, partition: partition.flatMap { Manifest.Partition($0) })
      }
      if repair {
        _ = try Run.repair(folder, tokenizer: tokenizer, threads: ProcessorCount.available)
      }
      let result = try DataSetVerifier(folder)
      var out = StandardOutput()
      try json ? out.write(report(result)) : describe(result, to: &out)
      try out.flush()
      guard result.damage.isEmpty else { throw PrepExit.failure }
    }
  }

  private func describe(_ result: DataSetVerifier, to out: inout StandardOutput) throws {
    for damage in result.damage {
      try out.line(Paint.out("damaged", .bad) + "  \(damage.text(for: .command))")
    }
    for note in result.notes { try out.line("note     \(Surface.command.spell(note))") }
    if result.damage.isEmpty, let manifest = result.rebuilt {
      try out.line(
        Paint.out("intact", .good)
          + "   \(Format.count(result.shardCount, "shard")), \(Format.count(manifest.rowCount, "row")), "
          + Format.count(Int(clamping: manifest.totals.tokens), "token")
      )
      try out.line("digest   \(manifest.digest)")
    } else {
      try out.line(
        "\(result.damagedShards.count) of \(Format.count(result.shardCount, "shard")) damaged; rows outside the frames"
          + " named above can still be read")
    }
  }

  private func report(_ result: DataSetVerifier) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("intact")
    writer.bool(result.damage.isEmpty)
    writer.key("shards")
    writer.int(result.shardCount)
    if result.damage.isEmpty, let manifest = result.rebuilt {
      writer.key("rows")
      writer.int(manifest.rowCount)
      writer.key("tokens")
      writer.int(Int(clamping: manifest.totals.tokens))
      writer.key("digest")
      writer.string(manifest.digest.description)
    }
    writer.key("damage")
    writer.beginArray()
    for damage in result.damage { write(damage, to: &writer) }
    writer.endArray()
    writer.key("notes")
    writer.beginArray()
    for note in result.notes { writer.string(Surface.command.spell(note)) }
    writer.endArray()
    writer.endObject()
    writer.newline()
    return writer.bytes
  }

  private func write(_ damage: Problem, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("file")
    writer.string(damage.file)
    if let frame = damage.frame {
      writer.key("frame")
      writer.int(frame)
    }
    if !damage.part.isEmpty {
      writer.key("part")
      writer.string(damage.part)
    }
    if let offset = damage.byteOffset {
      writer.key("offset")
      writer.int(offset)
    }
    writer.key("reason")
    writer.string(damage.reason)
    writer.key("remedy")
    writer.string(Surface.command.spell(damage.remedy))
    writer.endObject()
  }
}
