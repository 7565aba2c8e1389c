import Problems
import Synchronization

/// Gives the blocks of files to several workers, one at a time, in order.
public final class SharedBlockReader: Sendable {
  // The reader is used under this lock only.
  private let reader: Mutex<Box>

  private struct Box: ~Copyable, @unchecked Sendable {
    let reader: BlockReader
  }

  public init(files: [InputFile], blockSize: Int, maximumRecordSize: Int) {
    reader = Mutex(
      Box(
        reader: BlockReader(
          files: files, blockSize: blockSize, maximumRecordSize: maximumRecordSize)))
  }

  /// Fills `block` with the next block; false when all files are read.
  public func next(into block: Block) throws(Problem) -> Bool {
    try reader.withLock { box throws(Problem) in try box.reader.next(into: block) }
  }
}
