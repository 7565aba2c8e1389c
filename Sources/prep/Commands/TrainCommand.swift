import ArgumentParser
import Files
import Input
import JSONText
import Pipeline
import Problems
import SystemPackage
import Tokenizer

/// `prep train`: a byte-level BPE from texts.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a byte-level BPE tokenizer and write it as tokenizer.json.",
    discussion: """
      Examples:
        prep train chats.jsonl --vocab-size 32000 -o tokenizer.json
        prep train books.txt code.txt.gz --vocab-size 8000 -o tokenizer.json
        prep train data/ --vocab-size 1000 --special-token "<end>" -o t.json

      Files that end in .jsonl, .ndjson or .json are records: each field that a sample is made of is one text (task, \
      context, response, text, messages, and their usual other names), or each --field. Any other file is plain text: \
      each line, with its line feed, is one text. Either may be compressed (.gz, .zst). The result is that of \
      tokenizers' BpeTrainer, for any number of threads.
      """)

  @Argument(
    help: ArgumentHelp(
      "Files, folders or patterns to learn from; - is standard input, as plain text.",
      valueName: "input"))
  var inputs: [String]

  @Option(
    name: [.long, .short],
    help: ArgumentHelp("Where to write tokenizer.json.", valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp("Ids to reach, special tokens and the 256 bytes included.", valueName: "n"))
  var vocabSize = 32768

  @Option(help: ArgumentHelp("A pair that occurs less often is not merged.", valueName: "n"))
  var minFrequency = 2

  @Option(
    help: ArgumentHelp(
      "What cuts text into pieces: gpt2, cl100k, llama3, o200k, qwen, kimi (or G, K, C, O), or a regular expression.",
      valueName: "pattern"))
  var pattern = "gpt2"

  @Option(
    name: .customLong("special-token"), parsing: .singleValue,
    help: ArgumentHelp(
      "A special token; may be repeated. They get the first ids.", valueName: "text"))
  var specialTokens: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Field of the records to learn from; may be repeated.", valueName: "name"))
  var field: [String] = []

  @Option(help: ArgumentHelp("Threads that count.", valueName: "n"))
  var threads: Int?

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  func validate() throws {
    guard vocabSize > 0, minFrequency >= 0 else {
      throw ValidationError("--vocab-size and --min-frequency must not be negative")
    }
    guard threads ?? 1 > 0 else { throw ValidationError("--threads must be at least 1") }
    guard Set(specialTokens).count == specialTokens.count, !specialTokens.contains("") else {
      throw ValidationError("--special-token: give each token once, and none that is empty")
    }
  }

  func run() throws {
    let trainer: TokenizerTrainer
    do throws(Problem) {
      trainer = try TokenizerTrainer(
        pattern: pattern, vocabularySize: vocabSize, minimumFrequency: minFrequency,
        specialTokens: specialTokens.map { Array($0.utf8) })
    } catch {
      throw ValidationError(error.text(for: .command))
    }
    let clock = ContinuousClock()
    let start = clock.now
    let corpus = try reportingErrors(json: json) {
      try TrainingCorpus(
        counting: InputFiles.resolve(inputs), fields: field, with: trainer,
        threads: threads ?? ProcessorCount.available)
    }
    guard corpus.counts.distinctPieces > 0 else {
      StandardError.line(
        "prep: there is no text in \(inputs.joined(separator: ", ")) (give files with text)")
      throw PrepExit.failure
    }
    let result = trainer.train(corpus.counts)
    try reportingErrors(json: json) { try AtomicFile.write(result.json, to: output) }
    let elapsed = start.duration(to: clock.now) / .seconds(1)
    try report(corpus, result, seconds: elapsed)
  }

  private func report(_ corpus: TrainingCorpus, _ result: TokenizerTrainer.Result, seconds: Double)
    throws
  {
    var out = StandardOutput()
    if json {
      var writer = JSONWriter()
      writer.beginObject()
      for (key, value) in [
        ("texts", corpus.texts), ("bytes", corpus.bytes),
        ("distinct_pieces", corpus.counts.distinctPieces),
        ("tokens", result.tokens), ("merges", result.merges),
      ] {
        writer.key(key)
        writer.int(value)
      }
      writer.key("seconds")
      writer.double(seconds)
      writer.key("output")
      writer.string(output)
      writer.endObject()
      writer.newline()
      try out.write(writer.bytes)
    } else {
      try out.line("texts            \(corpus.texts)")
      try out.line("bytes            \(corpus.bytes)")
      try out.line("distinct pieces  \(corpus.counts.distinctPieces)")
      try out.line("tokens           \(result.tokens) (\(result.merges) merges)")
      if result.tokens < vocabSize {
        try out.line(
          "                 fewer than --vocab-size \(vocabSize): no pair is left that occurs \(minFrequency) times"
        )
      }
      try out.line("written to       \(output)")
      try out.line("try              prep encode --tokenizer \(output) 'Some text.'")
    }
    try out.flush()
  }
}
