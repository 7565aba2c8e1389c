import Files
import JSONText
import Problems
import SystemPackage

/// The bytes of one input file, decompressed; compression is told by the file's first bytes.
///
/// Reads ahead at most one buffer of 256 KiB. Not thread-safe.
final class ByteSource {
  /// Path as given, for messages.
  let path: String
  /// Decompressed bytes handed out so far.
  private(set) var bytesRead = 0
  /// Bytes taken from the file so far.
  var fileBytesRead: Int { fileBytes }

  /// First row of each row group of a table (or batch of an Arrow file), from 0; empty for other files.
  private(set) var groupStarts: [Int] = []

  private let descriptor: FileDescriptor
  private let owned: Bool
  /// Whoever reads the file for us, where it is a table.
  private let table: TableProcess?
  private var buffer: [UInt8]
  private var position = 0
  private var end = 0
  private var fileBytes = 0
  private var decompressor: (any Decompressor)?
  /// What the file was when it was opened; nil for what has no size of its own, such as a pipe.
  private let opened: FileSystem.Status?

  /// Opens the file and looks at its first bytes.
  init(_ file: InputFile) throws(Problem) {
    path = file.path
    buffer = [UInt8](repeating: 0, count: 256 << 10)
    owned = !file.isStandardInput && file.form != .table
    table = file.form == .table ? try TableProcess("read", path) : nil
    if let table {
      descriptor = table.output
      opened = nil
      groupStarts = try readGroups()
      return
    }
    do {
      descriptor =
        file.isStandardInput ? .standardInput : try FileDescriptor.open(FilePath(path), .readOnly)
    } catch {
      throw Problem(
        .inputUnreadable, Place(file: file.path), reason: "cannot be opened: \(error)",
        remedy: "check the path and permissions")
    }
    let status = try? FileSystem.status(of: descriptor)
    opened = status?.kind == .file && owned ? status : nil
    try fill(atLeast: 8)
    decompressor = try recognize()
  }

  deinit { if owned { try? descriptor.close() } }

  /// Fills the start of `out`; the number of bytes written, 0 only at the end of the input.
  func read(into out: UnsafeMutableRawBufferPointer) throws(Problem) -> Int {
    guard out.count > 0 else { return 0 }
    let count: Int
    if let decompressor {
      count = unsafe try decompress(with: decompressor, into: out)
    } else if position == end, out.count >= buffer.count {
      count = unsafe try readFile(into: out)
    } else {
      if position == end { try fill(atLeast: 1) }
      count = min(out.count, end - position)
      unsafe buffer.withUnsafeBytes { bytes in
        unsafe out.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
      }
      position += count
    }
    bytesRead += count
    return count
  }

  private func decompress(
    with decompressor: any Decompressor, into out: UnsafeMutableRawBufferPointer
  ) throws(Problem) -> Int {
    while true {
      if position == end { try fill(atLeast: 1) }
      let atEnd = position == end
      let step: DecompressionStep = unsafe buffer.withUnsafeBytes { bytes in
        unsafe decompressor.step(
          UnsafeRawBufferPointer(rebasing: bytes[position..<end]), atEnd: atEnd, into: out)
      }
      position += step.consumed
      if let problem = step.problem {
        throw Problem(
          .inputDamaged, Place(file: path, byteOffset: bytesRead + step.produced),
          reason: "the \(decompressor.name) data \(problem)",
          remedy: "make or copy the file again; `\(decompressor.test)` says where it is broken")
      }
      if step.produced > 0 { return step.produced }
      if atEnd { return 0 }
    }
  }

  /// Moves what is left to the front and reads until `wanted` bytes are there, or the file ends.
  private func fill(atLeast wanted: Int) throws(Problem) {
    if position == end {
      position = 0
      end = 0
    }
    while end - position < wanted, end < buffer.count {
      let count = unsafe try buffer.withUnsafeMutableBufferPointer { bytes throws(Problem) -> Int in
        unsafe try readFile(
          into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[end...])))
      }
      if count == 0 { return }
      end += count
    }
  }

  /// Reads once from the file; 0 only at its end.
  private func readFile(into out: UnsafeMutableRawBufferPointer) throws(Problem) -> Int {
    do {
      let count = unsafe try descriptor.read(into: out)
      fileBytes += count
      if count > 0 || out.count == 0 { return count }
    } catch {
      throw Problem(
        .inputUnreadable, Place(file: path, byteOffset: bytesRead),
        reason: "cannot be read: \(error)",
        remedy: (error as? Errno) == .isDirectory ? "name a file" : "check the disk")
    }
    try table?.finish()
    try checkUnchanged()
    return 0
  }

  /// Throws where the file ended elsewhere than its size says, or was written to while it was read.
  private func checkUnchanged() throws(Problem) {
    guard let opened else { return }
    let now = try? FileSystem.status(of: descriptor)
    guard fileBytes != opened.size || now?.size != opened.size || now?.changed != opened.changed
    else { return }
    throw Problem(
      .inputChanged, Place(file: path),
      reason: fileBytes < opened.size
        ? "the file ended at byte \(fileBytes), before its size of \(opened.size)"
        : "the file was changed while it was read",
      remedy: "let nothing write to it, and run the same command again")
  }

  /// Reads the line in front of a table's rows: how many rows each row group has.
  private func readGroups() throws(Problem) -> [Int] {
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      if position == end { try fill(atLeast: 1) }
      guard position < end else { return [] }
      line.append(buffer[position])
      position += 1
    }
    let parser = JSONParser()
    defer { withExtendedLifetime(parser) {} }
    guard let root = try? parser.parse(line), root.isArray else { return [] }
    var starts: [Int] = []
    var next = 0
    for count in root.elements {
      starts.append(next)
      next += count.int ?? 0
    }
    return starts
  }

  private func recognize() throws(Problem) -> (any Decompressor)? {
    let head = Array(buffer[position..<min(end, position + 8)])
    func starts(_ magic: [UInt8]) -> Bool { head.starts(with: magic) }
    if starts([0x1F, 0x8B]) { return try made(GzipStream()) }
    let skippable = head.count >= 4 && head[0] & 0xF0 == 0x50 && head[1...3] == [0x2A, 0x4D, 0x18]
    if starts([0x28, 0xB5, 0x2F, 0xFD]) || skippable { return try made(ZstdStream()) }
    let refused: [(magic: [UInt8], name: String, command: String)] = [
      (Array("SQLite f".utf8), "SQLite", "write its records as JSON lines first"),
      ([0x50, 0x4B, 3, 4], "zip", "unpack it first"),
      (Array("BZh".utf8), "bzip2", "bzip2 -d \(path)"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz", "xz -d \(path)"),
      ([0xFF, 0xFE], "UTF-16", "convert it to UTF-8: iconv -f UTF-16 -t UTF-8"),
      ([0xFE, 0xFF], "UTF-16", "convert it to UTF-8: iconv -f UTF-16 -t UTF-8"),
    ]
    for form in refused where starts(form.magic) {
      throw Problem(
        .inputUnsupported, Place(file: path),
        reason: "is a \(form.name) file, which is not supported", remedy: form.command)
    }
    return nil
  }

  private func made(_ decompressor: (any Decompressor)?) throws(Problem) -> any Decompressor {
    guard let decompressor else {
      throw Problem(
        .system, Place(file: path), reason: "no memory to decompress it",
        remedy: "free some memory")
    }
    return decompressor
  }
}
