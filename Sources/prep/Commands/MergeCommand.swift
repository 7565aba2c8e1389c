import ArgumentParser
import Files
import JSONText
import Pipeline
import ShardWriter

/// `prep merge`: joins what the workers of `prep run --partition` wrote.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Join the folders of prep run --partition into one data set.",
    discussion: """
      Examples:
        prep run data/ --partition 0/2 -o part0
        prep run data/ --partition 1/2 -o part1
        prep merge whole part0 part1

      The result is, byte for byte, what one prep run over all inputs writes. Shards are linked where both folders are on \
      one disk, and copied otherwise. Nothing is published unless every block of every input is there exactly once.
      """)

  @Argument(help: ArgumentHelp("Folder to write.", valueName: "output"))
  var output: String

  @Argument(help: ArgumentHelp("Folders of the partitions, in any order.", valueName: "partition"))
  var parts: [String]

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  func run() throws {
    let manifest = try reportingErrors(json: json) { try PartitionMerge.merge(parts, into: output) }
    var out = StandardOutput()
    if json {
      var writer = JSONWriter()
      writer.beginObject()
      for (name, value) in [
        ("shards", manifest.shards.count), ("rows", manifest.rowCount),
        ("records", Int(clamping: manifest.totals.records)),
        ("tokens", Int(clamping: manifest.totals.tokens)),
      ] {
        writer.key(name)
        writer.int(value)
      }
      writer.key("digest")
      writer.string(manifest.digest.description)
      writer.key("output")
      writer.string(output)
      writer.endObject()
      writer.newline()
      try out.write(writer.bytes)
    } else {
      try out.line(
        "merged   \(manifest.shards.count) shards, \(manifest.rowCount) rows, \(manifest.totals.tokens) tokens"
      )
      try out.line("digest   \(manifest.digest)")
      try out.line("try      prep verify \(output)")
    }
    try out.flush()
  }
}
