import Problems
import Synchronization

/// Gives the blocks of files to several workers, one at a time, in order.
public final class SharedBlockReader: Sendable {
  // The reader is used under this lock only.
  private let reader: Mutex<Box>

  private struct Box: ~Copyable, @unchecked Sendable {
    let reader: BlockReader
    /// What it threw: behind that there is nothing to read.
    var problem: Problem?
  }

  /// `expectsRecords`: whether a file that is no JSON at all is refused as a whole.
  public init(
    files: [InputFile], blockSize: Int, maximumRecordSize: Int, expectsRecords: Bool = true
  ) {
    reader = Mutex(
      Box(
        reader: BlockReader(
          files: files, blockSize: blockSize, maximumRecordSize: maximumRecordSize,
          expectsRecords: expectsRecords)))
  }

  /// Fills `block` with the next block; false when all files are read.
  public func next(into block: Block) throws(Problem) -> Bool {
    try reader.withLock { box throws(Problem) in
      if let problem = box.problem { throw problem }
      do throws(Problem) {
        return try box.reader.next(into: block)
      } catch {
        box.problem = error
        throw error
      }
    }
  }
}
