import ArgumentParser
import Input
import JSONText
import Pipeline
import Problems
import Tokenizer

/// `prep encode`: texts to ids, tokens and byte ranges.
struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Encode texts: ids, tokens, byte ranges.",
    discussion: """
      Examples:
        prep encode "Hello world" --tokenizer MODEL_FOLDER
        prep encode --input chats.jsonl --field text --json
        echo "one text a line" | prep encode

      Texts are the arguments, or a field of the records of --input, or else the lines of standard input. With --json each
      text gives one object: ids, tokens, and offsets, which are byte ranges [start, end] of its UTF-8.

      Text that is a special token counts as what the reference of the format takes it for: a special token with
      tokenizer.json, plain text with .tiktoken, tekken and SentencePiece files. --parse-special and --literal-special decide.
      """)

  @OptionGroup var tokenizer: TokenizerArguments

  @Argument(help: "Texts to encode.")
  var texts: [String] = []

  @Option(
    help: ArgumentHelp(
      "Records: JSON lines or JSON, plain or compressed; - is standard input.", valueName: "file"))
  var input: String?

  @Option(help: ArgumentHelp("Field of the records that is the text.", valueName: "name"))
  var field = "text"

  @Flag(help: "Print one JSON object a text.")
  var json = false

  @Flag(help: "Leave out the special tokens that the post-processor adds.")
  var noSpecial = false

  @Flag(help: "Special tokens in the text are special tokens.")
  var parseSpecial = false

  @Flag(help: "Special tokens in the text are plain text.")
  var literalSpecial = false

  @Option(
    help: ArgumentHelp(
      "Encode the texts of --input so many times and print how long it took, in place of the ids.",
      valueName: "passes"))
  var measure: Int?

  func validate() throws {
    guard measure == nil || input != nil else {
      throw ValidationError("--measure needs --input")
    }
    guard texts.isEmpty || input == nil else {
      throw ValidationError("give texts or --input, not both")
    }
    guard !(parseSpecial && literalSpecial) else {
      throw ValidationError("give --parse-special or --literal-special, not both")
    }
  }

  func run() throws {
    let tokenizer = try tokenizer.load()
    if let measure, let input {
      return try reportingErrors { try self.measure(tokenizer, input: input, passes: measure) }
    }
    let isLiteral = literalSpecial || !parseSpecial && !tokenizer.parsesSpecials
    var output = EncodedOutput(
      tokenizer, json: json, addsSpecials: !noSpecial, isLiteral: isLiteral)
    try reportingErrors {
      do {
        try encode(to: &output)
      } catch {
        // What came before the text that cannot be encoded is printed.
        try output.finish()
        throw error
      }
      try output.finish()
    }
  }

  private func encode(to output: inout EncodedOutput) throws {
    if let input {
      unsafe try RecordReader(input).forEachText(of: field) { unsafe try output.write($0) }
    } else if texts.isEmpty {
      try encodeLines(&output)
    } else {
      for text in texts {
        var text = text
        try text.withUTF8 { unsafe try output.write($0) }
      }
    }
  }
}

extension EncodeCommand {
  /// Encodes the lines of standard input.
  private func encodeLines(_ output: inout EncodedOutput) throws {
    var lines = try LineReader("-")
    var number = 0
    var isLine = true
    while isLine {
      number += 1
      let found: Void? = unsafe try lines.next { line in
        guard unsafe String(validating: line, as: UTF8.self) != nil else {
          throw Problem(
            .inputUnreadable, Place(file: "-", line: number), reason: "not UTF-8",
            remedy: "convert the text to UTF-8")
        }
        unsafe try output.write(line)
      }
      isLine = found != nil
    }
  }
}

/// Encodes texts and prints them.
struct EncodedOutput {
  private let tokenizer: BPETokenizer
  private let encoder: BPEEncoder
  private let isJSON: Bool
  private let addsSpecials: Bool
  private let isLiteral: Bool
  private var ids: [UInt32] = []
  private var writer = JSONWriter()
  private var output = StandardOutput()

  init(_ tokenizer: BPETokenizer, json: Bool, addsSpecials: Bool, isLiteral: Bool) {
    self.tokenizer = tokenizer
    encoder = tokenizer.makeEncoder()
    isJSON = json
    self.addsSpecials = addsSpecials
    self.isLiteral = isLiteral
  }

  mutating func write(_ text: UnsafeBufferPointer<UInt8>) throws {
    let literal = isLiteral && !text.isEmpty ? [0..<text.count] : []
    if isJSON {
      var encoding = unsafe try encoder.encodeShown(text, literal: literal)
      unsafe tokenizer.postProcessor.process(
        &encoding, of: Array(text), addsSpecials: addsSpecials)
      write(encoding)
    } else {
      ids.removeAll(keepingCapacity: true)
      unsafe try encoder.encode(text, literal: literal, into: &ids)
      if addsSpecials { tokenizer.postProcessor.addSpecials(to: &ids) }
      try writeIDs()
    }
    if writer.bytes.count >= 1 << 16 { try flush() }
  }

  mutating func finish() throws {
    try flush()
    try output.flush()
  }

  private mutating func flush() throws {
    try output.write(writer.bytes)
    writer.removeAll()
  }

  private mutating func writeIDs() throws {
    var line: [UInt8] = []
    line.reserveCapacity(ids.count * 6 + 1)
    for (index, id) in ids.enumerated() {
      if index > 0 { line.append(UInt8(ascii: " ")) }
      line += String(id).utf8
    }
    line.append(UInt8(ascii: "\n"))
    try output.write(line)
  }

  private mutating func write(_ encoding: ShownEncoding) {
    writer.beginObject()
    writer.key("ids")
    writer.ints(encoding.ids)
    writer.key("tokens")
    writer.beginArray()
    for token in encoding.tokens { writer.string(token) }
    writer.endArray()
    writer.key("offsets")
    writer.beginArray()
    for range in encoding.ranges {
      writer.beginArray()
      writer.int(Int(range.lowerBound))
      writer.int(Int(range.upperBound))
      writer.endArray()
    }
    writer.endArray()
    writer.endObject()
    writer.newline()
  }
}
