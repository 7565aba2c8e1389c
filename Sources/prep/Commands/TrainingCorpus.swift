import JSONText
import SystemPackage
import Tokenizer

/// Counts the pieces of all texts of some files, block by block on several threads. Memory: a few blocks, and the distinct
/// pieces.
struct TrainingCorpus: Sendable {
  var counts = TokenizerTrainer.Counts()
  var texts = 0
  var bytes = 0

  private static let blockSize = 8 << 20

  init(counting inputs: [String], fields: [String], with trainer: TokenizerTrainer, threads: Int)
    async throws
  {
    self = try await withThrowingTaskGroup(of: TrainingCorpus.self) { group in
      var corpus = TrainingCorpus()
      var running = 0
      for input in inputs {
        var blocks = try LineBlocks(input, size: Self.blockSize)
        defer { blocks.close() }
        let isJSON = input.hasSuffix(".jsonl") || input.hasSuffix(".json")
        while let block = try blocks.next() {
          if running >= threads, let part = try await group.next() {
            corpus.add(part)
            running -= 1
          }
          group.addTask {
            isJSON
              ? try TrainingCorpus(records: block, fields: fields, trainer)
              : try TrainingCorpus(lines: block, trainer)
          }
          running += 1
        }
      }
      for try await part in group { corpus.add(part) }
      return corpus
    }
  }

  private init() {}

  private mutating func add(_ part: TrainingCorpus) {
    counts.merge(part.counts)
    texts += part.texts
    bytes += part.bytes
  }

  private init(records block: LineBlocks.Block, fields: [String], _ trainer: TokenizerTrainer)
    throws
  {
    let counter = trainer.makeCounter()
    let parser = JSONParser()
    unsafe try block.forEachLine { number, line in
      guard unsafe line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D && $0 != 0x0A })
      else { return }
      let record: JSONNode
      do throws(JSONError) {
        record = unsafe try parser.parse(padded: line)
      } catch {
        throw InputError(
          file: block.file, line: number, reason: "not JSON: \(error)",
          remedy: "one JSON object a line")
      }
      for field in fields {
        guard let value = record[field] else {
          throw InputError(
            file: block.file, line: number, reason: "there is no field \(field)",
            remedy: "name it with --field")
        }
        guard let text = unsafe value.utf8 else {
          throw InputError(
            file: block.file, line: number,
            reason: "field \(field) is \(value.kind.name), not a string",
            remedy: "name a field with text by --field")
        }
        unsafe try counter.add(text)
        texts += 1
        bytes += text.count
      }
    }
    counts = counter.counts
  }

  private init(lines block: LineBlocks.Block, _ trainer: TokenizerTrainer) throws {
    let counter = trainer.makeCounter()
    unsafe try block.forEachLine { number, line in
      guard unsafe String(validating: line, as: UTF8.self) != nil else {
        throw InputError(
          file: block.file, line: number, reason: "not UTF-8", remedy: "convert the file to UTF-8")
      }
      unsafe try counter.add(line)
      texts += 1
      bytes += line.count
    }
    counts = counter.counts
  }
}
