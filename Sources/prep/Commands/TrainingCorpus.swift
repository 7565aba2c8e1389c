import Files
import Input
import InstructionFormat
import JSONText
import Pipeline
import Problems
import ShardWriter
import Synchronization
import Tokenizer

/// Counts the pieces of all texts of some files on several threads. Memory: a block a thread, and the
/// distinct pieces.
struct TrainingCorpus: Sendable {
  var counts = TokenizerTrainer.Counts()
  var texts = 0
  var bytes = 0

  private static let blockSize = 8 << 20
  private static let maximumRecordSize = 1 << 30

  /// `fields`: the members of records to learn from; empty for those that samples are made of.
  init(
    counting files: [InputFile], fields: [String], with trainer: TokenizerTrainer, threads: Int
  ) throws {
    let reader = SharedBlockReader(
      files: files, blockSize: Self.blockSize, maximumRecordSize: Self.maximumRecordSize,
      expectsRecords: false)
    let total = Mutex(Total())
    Workers.run(count: threads) { _ in
      do {
        var counter = CorpusCounter(trainer, fields: fields)
        let block = Block()
        while total.withLock({ $0.failure == nil }), try reader.next(into: block) {
          try counter.count(block, isRecords: InputFiles.holdsRecords(files[block.source.input]))
        }
        total.withLock { $0.corpus.add(counter.corpus) }
      } catch {
        total.withLock { $0.failure = $0.failure ?? error }
      }
    }
    self = try total.withLock { total in
      if let failure = total.failure { throw failure }
      return total.corpus
    }
  }

  fileprivate init() {}

  private struct Total {
    var corpus = TrainingCorpus()
    var failure: (any Error)?
  }

  private mutating func add(_ part: TrainingCorpus) {
    counts.merge(part.counts)
    texts += part.texts
    bytes += part.bytes
  }
}

/// One worker's share of the corpus.
private struct CorpusCounter {
  private let counter: TokenizerTrainer.Counter
  private let fields: [String]
  private let roles = RecordFields()
  private let parser = JSONParser()
  private var texts = 0
  private var bytes = 0

  init(_ trainer: TokenizerTrainer, fields: [String]) {
    counter = trainer.makeCounter()
    self.fields = fields
  }

  var corpus: TrainingCorpus {
    var corpus = TrainingCorpus()
    corpus.counts = counter.counts
    corpus.texts = texts
    corpus.bytes = bytes
    return corpus
  }

  mutating func count(_ block: Block, isRecords: Bool) throws {
    if isRecords {
      unsafe try block.forEachRecord { text, place in
        unsafe try count(record: text, place)
        return true
      }
    } else {
      unsafe try block.forEachLine { line, place in
        guard unsafe String(validating: line, as: UTF8.self) != nil else {
          throw Problem(
            .inputUnreadable, place, reason: "not UTF-8",
            remedy: "convert the file to UTF-8")
        }
        unsafe try add(line)
      }
    }
  }

  private mutating func count(record: UnsafeBufferPointer<UInt8>, _ place: Place)
    throws
  {
    let node = unsafe try parser.record(record, at: place)
    if !fields.isEmpty {
      for field in fields { unsafe try add(node.text(of: field, at: place)) }
      return
    }
    let found: RecordFields.Found
    do throws(Problem) {
      found = try roles.find(in: node)
      _ = try roles.schema(of: found, record: node)
    } catch {
      throw Problem(.inputUnreadable, place, reason: error.reason, remedy: "name it with --field")
    }
    unsafe try roles.forEachText(in: found) { text throws(Problem) in unsafe try add(text) }
  }

  private mutating func add(_ text: UnsafeBufferPointer<UInt8>) throws(Problem) {
    unsafe try counter.add(text)
    texts += 1
    bytes += text.count
  }
}
