import ArgumentParser
import Input
import JSONText
import Pipeline
import Problems
import Tokenizer

/// `prep decode`: ids to text.
struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Decode ids to text.",
    discussion: """
      Examples:
        prep decode 15496 995
        prep decode --input ids.jsonl --tokenizer MODEL_FOLDER
        prep encode "Hello" --json | prep decode --input - --field ids

      Ids are the arguments, or those of --input: a JSON array a line, or an object a line with the array in --field, such
      as prep encode --json prints. Bytes that are not UTF-8 are printed as they are; with --json they are U+FFFD.
      """)

  @OptionGroup var tokenizer: TokenizerArguments

  @Argument(help: "Ids to decode.")
  var ids: [UInt32] = []

  @Option(
    help: ArgumentHelp(
      "Records: JSON lines or JSON, plain or compressed; - is standard input.", valueName: "file"))
  var input: String?

  @Option(help: ArgumentHelp("Field of the records that holds the ids.", valueName: "name"))
  var field = "ids"

  @Flag(help: "Print one JSON object a text.")
  var json = false

  @Flag(help: "Leave special tokens out.")
  var skipSpecial = false

  func validate() throws {
    guard ids.isEmpty || input == nil else {
      throw ValidationError("give ids or --input, not both")
    }
    guard !ids.isEmpty || input != nil else { throw ValidationError("give ids, or --input") }
  }

  func run() throws {
    let tokenizer = try tokenizer.load()
    var output = StandardOutput()
    var writer = JSONWriter()
    func write(_ ids: [UInt32]) throws {
      let text = tokenizer.decodeBytes(ids, skipSpecials: skipSpecial)
      if json {
        writer.removeAll()
        writer.beginObject()
        writer.key("text")
        writer.string(text)
        writer.endObject()
        writer.newline()
        try output.write(writer.bytes)
      } else {
        try output.write(text + [UInt8(ascii: "\n")])
      }
    }
    func check(_ ids: [UInt32], _ file: String, _ line: Int?) throws {
      for id in ids where tokenizer.shown(id) == nil {
        throw Problem(
          .inputUnreadable, Place(file: file, line: line), reason: "\(id): no token has this id",
          remedy: "ids go from 0 to \(tokenizer.idCount - 1)")
      }
    }
    try reportingErrors {
      if let input {
        try RecordReader(input).forEachIDs(of: field) { ids, place in
          try check(ids, place.file, place.line)
          try write(ids)
        }
      } else {
        try check(ids, "ids", nil)
        try write(ids)
      }
      try output.flush()
    }
  }
}
