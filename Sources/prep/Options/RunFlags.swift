import ArgumentParser
import Exports
import Pipeline
import Problems

// What `prep run` takes beyond the encoding of a record, by the groups of its help.

/// What is read, and how much of it may be wrong.
struct ReadingFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Records that may be rejected, a share or a number; above it no data set is written. (default: 1%)",
      valueName: "n|n%"),
    transform: {
      guard let limit = RejectLimit($0) else {
        throw ValidationError("--max-rejects \($0): \(Self.remedy(maxRejects: $0))")
      }
      return limit
    })
  var maxRejects = RejectLimit.share(0.01)

  private static func remedy(maxRejects text: String) -> String {
    let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
    guard let number = Double(digits), number >= 0 else {
      return "give a share such as 1%, or a number"
    }
    if text.hasSuffix("%") { return "a share is at most 100%" }
    return number < 1
      ? "did you mean the share \(Format.decimal(number * 100, places: number < 0.01 ? 2 : 0))%?"
      : "give a share such as \(text)%, or a whole number of records"
  }

  @Option(help: .of(.maxRecordSize))
  var maxRecordSize = ByteSize(bytes: 16 << 20)

  @Option(help: ArgumentHelp("Read the first n records only.", valueName: "n"))
  var limit: Int?

  func validate() throws {
    guard limit ?? 1 > 0 else { throw ValidationError("--limit must be a number from 1") }
  }

  @Flag(help: "Skip files of a folder that look like data but are not read.")
  var skipOtherFiles = false
}

/// Whether samples share rows.
struct PackingFlags: ParsableArguments {
  @Option(defaultAsFlag: "whole", help: .of(.pack))
  var pack: String?

  @Option(help: .of(.packAlign))
  var packAlign = 1
}

/// What is chosen before all else.
struct PresetFlag: ParsableArguments {
  // Read before the command line is: see `Recipe.expanded`.
  @Option(
    help: ArgumentHelp(
      "A run file: a JSON object that says what flags say, by their names, and \"inputs\". Flags win over it.",
      valueName: "file"))
  var recipe: String?

  @Option(
    help: ArgumentHelp(
      "Settings by a name, which other flags may change: "
        + RunPreset.all.map { "\($0.name) (\($0.help))" }.joined(separator: "; ") + ".",
      valueName: "name"))
  var preset: String?

  func validate() throws {
    guard let preset, RunPreset.named(preset) == nil else { return }
    throw ValidationError(
      "--preset \(preset): there is "
        + RunPreset.all.map(\.name).joined(separator: ", "))
  }
}

/// What is written, and what is said of it.
struct OutputFlags: ParsableArguments {
  @Option(name: [.long, .short], help: ArgumentHelp("Folder to write.", valueName: "dir"))
  var output: String

  @Flag(help: "Replace what the folder holds of an earlier run.")
  var overwrite = false

  @Flag(
    help:
      "Read every byte of a finished folder, and make what is damaged again; without it, what is missing."
  )
  var verify = false

  @Option(
    help: ArgumentHelp(
      "Export the rows too, as prep export does: parquet, arrow, mds, turns, megatron, memmap or npy, a folder of that name in the output.",
      valueName: "format"))
  var format: ExportFormat?

  @Option(
    help: ArgumentHelp(
      "Do the i-th (from 0) of n parts of the input; prep merge joins them.", valueName: "i/n"))
  var partition: String?

  @Option(help: .of(.blockSize))
  var blockSize = ByteSize(bytes: 16 << 20)

  @Option(help: .of(.level))
  var level = 3

  @Flag(help: "Print the settings and the samples of the first record, and write nothing.")
  var dryRun = false

  @Flag(name: [.long, .short], help: "No settings, no progress and no report.")
  var quiet = false

  @Flag(help: "Print the report as one JSON object.")
  var json = false
}

/// What the work may take of the machine.
struct MachineFlags: ParsableArguments {
  @Option(help: ArgumentHelp("Threads that encode. (default: one a processor)", valueName: "n"))
  var threads: Int?
}
