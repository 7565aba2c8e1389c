import CSQLite
import Problems

/// A SQLite database in memory: made by statements and taken as bytes, or opened from bytes to read.
///
/// Working on bytes keeps SQLite away from the file system: files appear atomically like all others,
/// and folders that cannot be written are read without locks, journals or leftovers.
@safe final class SQLiteDatabase {
  // SAFETY: owned by this object alone, closed once in deinit; the class is not Sendable.
  private let handle: OpaquePointer

  enum Value {
    case int(Int)
    case text(String)
    case blob([UInt8])
    case null
  }

  /// An empty database.
  init() throws(Problem) {
    var handle: OpaquePointer?
    let code = unsafe sqlite3_open_v2(
      ":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
    guard code == SQLITE_OK, let handle = unsafe handle else {
      unsafe sqlite3_close_v2(handle)
      throw Problem(kind: .system, reason: "SQLite cannot open a database (code \(code))")
    }
    unsafe self.handle = unsafe handle
  }

  /// A database from the bytes of its file, to read only.
  convenience init(reading bytes: [UInt8]) throws(Problem) {
    try self.init()
    guard let copy = unsafe sqlite3_malloc64(UInt64(max(bytes.count, 1))) else {
      throw Problem(kind: .system, reason: "there is no memory for the manifest")
    }
    unsafe UnsafeMutableRawBufferPointer(start: copy, count: bytes.count).copyBytes(from: bytes)
    let count = Int64(bytes.count)
    // SQLite frees the copy, also where it refuses it.
    let code = unsafe sqlite3_deserialize(
      handle, "main", copy.assumingMemoryBound(to: UInt8.self), count, count,
      UInt32(SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY))
    guard code == SQLITE_OK else { throw error() }
  }

  deinit { unsafe sqlite3_close_v2(handle) }

  /// Bytes of the database's file.
  func serialized() throws(Problem) -> [UInt8] {
    var size: Int64 = 0
    guard let bytes = unsafe sqlite3_serialize(handle, "main", &size, 0) else { throw error() }
    defer { unsafe sqlite3_free(bytes) }
    return unsafe Array(UnsafeBufferPointer(start: bytes, count: Int(size)))
  }

  /// Runs statements that give no rows.
  func execute(_ sql: String) throws(Problem) {
    guard unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw error(sql) }
  }

  /// Runs one statement for each list of values.
  func execute(_ sql: String, each lists: some Sequence<[Value]>) throws(Problem) {
    let statement = try Statement(sql, in: self)
    for values in lists {
      try statement.bind(values)
      guard try !statement.step() else {
        throw Problem(kind: .system, reason: "SQLite: a row where none was expected")
      }
      statement.reset()
    }
  }

  /// All rows of a query.
  func rows(_ sql: String) throws(Problem) -> [Row] {
    let statement = try Statement(sql, in: self)
    let columns = statement.columns
    var rows: [Row] = []
    while try statement.step() { rows.append(Row(columns: columns, values: statement.values)) }
    return rows
  }

  /// The only value of a query that has one.
  func value(_ sql: String) throws(Problem) -> Value? {
    try rows(sql).first?.values.first
  }

  /// A row of a query, its values by the names of their columns.
  struct Row {
    fileprivate let columns: [String: Int]
    fileprivate let values: [Value]

    /// nil where the query has no such column.
    subscript(column: String) -> Value? { columns[column].map { values[$0] } }
  }

  func error(_ sql: String = "") -> Problem {
    let message = unsafe String(cString: sqlite3_errmsg(handle))
    return Problem(reason: "SQLite: \(message)" + (sql.isEmpty ? "" : " in: \(sql)"))
  }

  /// A prepared statement; finalized when let go.
  @safe private final class Statement {
    // SAFETY: finalized once in deinit; `database` outlives it.
    private let handle: OpaquePointer
    private let database: SQLiteDatabase

    init(_ sql: String, in database: SQLiteDatabase) throws(Problem) {
      var handle: OpaquePointer?
      guard unsafe sqlite3_prepare_v2(database.handle, sql, -1, &handle, nil) == SQLITE_OK,
        let handle = unsafe handle
      else { throw database.error(sql) }
      unsafe self.handle = unsafe handle
      self.database = database
    }

    deinit { unsafe sqlite3_finalize(handle) }

    func bind(_ values: [Value]) throws(Problem) {
      // SQLITE_TRANSIENT: SQLite copies the bytes before the call returns.
      let copies = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      for (index, value) in values.enumerated() {
        let place = CInt(index + 1)
        let code: CInt =
          switch value {
          case .int(let number): unsafe sqlite3_bind_int64(handle, place, Int64(number))
          case .text(let text): unsafe sqlite3_bind_text(handle, place, text, -1, copies)
          case .blob(let bytes):
            unsafe sqlite3_bind_blob64(handle, place, bytes, UInt64(bytes.count), copies)
          case .null: unsafe sqlite3_bind_null(handle, place)
          }
        guard code == SQLITE_OK else { throw database.error() }
      }
    }

    /// Whether there is a row.
    func step() throws(Problem) -> Bool {
      switch unsafe sqlite3_step(handle) {
      case SQLITE_ROW: return true
      case SQLITE_DONE: return false
      default: throw database.error()
      }
    }

    func reset() { unsafe sqlite3_reset(handle) }

    var columns: [String: Int] {
      var columns: [String: Int] = [:]
      for column in 0..<(unsafe sqlite3_column_count(handle)) {
        if let name = unsafe sqlite3_column_name(handle, column) {
          columns[unsafe String(cString: name)] = Int(column)
        }
      }
      return columns
    }

    var values: [Value] {
      (0..<(unsafe sqlite3_column_count(handle))).map { column in
        switch unsafe sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: return .int(Int(unsafe sqlite3_column_int64(handle, column)))
        case SQLITE_NULL: return .null
        case SQLITE_TEXT:
          return unsafe sqlite3_column_text(handle, column).map {
            unsafe .text(String(cString: $0))
          } ?? .null
        default:
          let count = unsafe Int(sqlite3_column_bytes(handle, column))
          return unsafe .blob(
            Array(UnsafeRawBufferPointer(start: sqlite3_column_blob(handle, column), count: count)))
        }
      }
    }
  }
}

extension SQLiteDatabase.Value {
  var int: Int? { if case .int(let number) = self { number } else { nil } }
  var text: String? { if case .text(let text) = self { text } else { nil } }
  /// Bytes of a name: text where they are UTF-8, as nearly all are.
  static func name(_ bytes: [UInt8]) -> Self {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.utf8.elementsEqual(bytes) && !bytes.contains(0) ? .text(text) : .blob(bytes)
  }

  var name: [UInt8]? { text.map { Array($0.utf8) } ?? blob }
  /// A blob's bytes; SQLite gives an empty one back as null.
  var blob: [UInt8]? {
    switch self {
    case .blob(let bytes): bytes
    case .null: []
    default: nil
    }
  }
}
