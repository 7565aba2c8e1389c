import Files
import Problems

/// The manifest as a SQLite database. Tables: docs/FORMAT.md, "Manifest".
extension Manifest {
  /// `application_id` of the database: the letters `prep`.
  static let applicationID = 0x7072_6570
  /// `user_version` of the database: the version of its tables.
  static let version = 1

  private static let pageSize = 4096

  private static let tables = """
    CREATE TABLE dataset (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE inputs (input INTEGER PRIMARY KEY, file NOT NULL, bytes INTEGER NOT NULL,
      blocks INTEGER NOT NULL, records INTEGER NOT NULL);
    CREATE TABLE shards (shard INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
      first_row INTEGER NOT NULL, rows INTEGER NOT NULL, segments INTEGER NOT NULL,
      tokens INTEGER NOT NULL, supervised_tokens INTEGER NOT NULL, frames INTEGER NOT NULL,
      bytes INTEGER NOT NULL, file_digest BLOB NOT NULL, content_digest BLOB NOT NULL,
      input INTEGER NOT NULL REFERENCES inputs, block INTEGER NOT NULL,
      last_of_input INTEGER NOT NULL, block_key BLOB NOT NULL, byte_offset INTEGER NOT NULL,
      byte_count INTEGER NOT NULL, first_line INTEGER NOT NULL, records INTEGER NOT NULL,
      accepted INTEGER NOT NULL, samples INTEGER NOT NULL, truncated INTEGER NOT NULL);
    CREATE TABLE counts (shard INTEGER NOT NULL REFERENCES shards, kind TEXT NOT NULL,
      name TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (shard, kind, name)) WITHOUT ROWID;
    CREATE VIEW rejects AS SELECT name AS reason, sum(count) AS count FROM counts
      WHERE kind = 'rejected' GROUP BY name;
    """

  /// Bytes of the database's file: the same for equal manifests and SQLite versions.
  public func encoded() throws(Problem) -> [UInt8] {
    let database = try SQLiteDatabase()
    try database.execute(
      """
      PRAGMA page_size = \(Self.pageSize); PRAGMA application_id = \(Self.applicationID);
      PRAGMA user_version = \(Self.version); PRAGMA journal_mode = OFF; BEGIN;
      """)
    try database.execute(Self.tables)
    try database.execute(
      "INSERT INTO dataset VALUES (?, ?)", each: facts.map { [.text($0.name), $0.value] })
    try database.execute(
      "INSERT INTO inputs VALUES (?, ?, ?, ?, ?)",
      each: inputs.enumerated().map { index, input in
        [
          .int(index), .name(input.file), .int(Int(clamping: input.byteCount)), .int(input.blocks),
          .int(Int(clamping: input.records)),
        ]
      })
    try database.execute(
      "INSERT INTO shards VALUES (" + repeatElement("?", count: 22).joined(separator: ",") + ")",
      each: shards.enumerated().lazy.map { Self.values($0, $1) })
    for (index, shard) in shards.enumerated() {
      for (kind, counts) in [
        ("counter", shard.totals.counters), ("rejected", shard.totals.rejected),
      ] {
        let sorted = counts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        try database.execute(
          "INSERT INTO counts VALUES (?, ?, ?, ?)",
          each: sorted.map { name, count in
            [.int(index), .text(kind), .text(name), .int(Int(clamping: count))]
          })
      }
    }
    try database.execute("COMMIT")
    var bytes = try database.serialized()
    // The header's last field names the SQLite that wrote it, for information: left at 0, so that
    // equal data sets have equal manifests.
    if bytes.count >= 100 { bytes.put(little: UInt32(0), at: 96) }
    return bytes
  }

  /// What is true of the whole data set, by name.
  private var facts: [(name: String, value: SQLiteDatabase.Value)] {
    var facts: [(String, SQLiteDatabase.Value)] = [
      ("context_length", .int(spec.contextLength)), ("digest", .text(digest.description)),
      ("id_count", .int(spec.idCount)), ("pad_id", .int(Int(spec.padID))),
      ("segment_alignment", .int(spec.sampleAlignment)),
      ("spec", .text(String(decoding: spec.json, as: UTF8.self))),
      ("spec_digest", .text(spec.digest.description)),
    ]
    facts += totals.named.map { ($0.name, .int(Int(clamping: $0.count))) }
    if let partition {
      facts.append(("partition", .int(partition.index)))
      facts.append(("partitions", .int(partition.count)))
      if let blocks = partition.blocks {
        facts.append(("blocks_digest", .text(blocks.description)))
      }
    }
    return facts
  }

  private static func values(_ index: Int, _ shard: Shard) -> [SQLiteDatabase.Value] {
    let totals = shard.totals
    let source = shard.source
    let counts = [totals.records, totals.accepted, totals.samples, totals.truncated]
    return [
      .int(index), .text(shard.name), .int(shard.firstRow), .int(shard.rows),
      .int(Int(clamping: shard.samplesInRows)), .int(Int(clamping: totals.tokens)),
      .int(Int(clamping: totals.supervisedTokens)), .int(shard.frameCount), .int(shard.fileSize),
      .blob(shard.fileDigest.bytes), .blob(shard.contentDigest.bytes), .int(source.input),
      .int(source.block), .int(source.isLastOfInput ? 1 : 0), .blob(source.key.bytes),
      .int(Int(clamping: source.byteOffset)), .int(Int(clamping: source.byteCount)),
      .int(Int(clamping: source.firstLine)),
    ] + counts.map { .int(Int(clamping: $0)) }
  }

  /// Reads the database's file. Refuses what is no manifest of prep, a newer version, and damage.
  public init(decoding bytes: [UInt8]) throws(Problem) {
    let database = try SQLiteDatabase(reading: bytes)
    let application = try database.value("PRAGMA application_id")?.int
    guard application == Self.applicationID else {
      throw Problem(
        kind: .unusable, reason: "not a prep manifest",
        remedy: "name the folder that prep run wrote")
    }
    let version = try database.value("PRAGMA user_version")?.int
    guard version == Self.version else {
      throw Problem(
        kind: .unusable, reason: "manifest version \(version ?? 0) is not known",
        remedy: "read it with the version of prep that wrote it, or a newer one")
    }
    // SQLite itself reads a file whose last page is cut off.
    var header = ByteCursor(bytes[min(28, bytes.count)...])
    guard let pages: UInt32 = header.integer(),
      bytes.count == Int(UInt32(bigEndian: pages)) * Self.pageSize
    else {
      throw Problem(reason: "it does not have the size that it names", remedy: Self.rebuild)
    }
    let check = try database.value("PRAGMA integrity_check")?.text
    guard check == "ok" else {
      throw Problem(
        reason: "SQLite finds it damaged: \(check ?? "")", remedy: Self.rebuild)
    }
    var facts: [String: SQLiteDatabase.Value] = [:]
    for row in try database.rows("SELECT name, value FROM dataset") {
      if let name = row["name"]?.text { facts[name] = row["value"] }
    }
    guard let decoded = try Self(facts: facts, database: database) else {
      throw Problem(reason: "a value of the manifest is missing", remedy: Self.rebuild)
    }
    self = decoded
    try checkConsistency(
      stated: facts.compactMapValues(\.int), specDigest: facts["spec_digest"]?.text)
  }

  package static let rebuild =
    "rebuild it from the shards: prep verify \(OptionName.rebuildManifest("DIR"))"

  private init?(
    facts: [String: SQLiteDatabase.Value], database: SQLiteDatabase
  ) throws(Problem) {
    guard let json = facts["spec"]?.text, let contextLength = facts["context_length"]?.int,
      let pad = facts["pad_id"]?.int.flatMap({ UInt32(exactly: $0) }),
      let idCount = facts["id_count"]?.int,
      let alignment = facts["segment_alignment"]?.int,
      let digest = facts["digest"]?.text.flatMap(Digest128.init(hex:))
    else { return nil }
    inputs = []
    for row in try database.rows("SELECT file, bytes, blocks, records FROM inputs ORDER BY input") {
      guard let file = row["file"]?.name, let bytes = row["bytes"]?.uint64,
        let blocks = row["blocks"]?.int, let records = row["records"]?.uint64
      else { return nil }
      inputs.append(Input(file: file, byteCount: bytes, blocks: blocks, records: records))
    }
    shards = []
    for row in try database.rows("SELECT * FROM shards ORDER BY shard") {
      guard let shard = Shard(row, inputs: inputs) else { return nil }
      shards.append(shard)
    }
    for row in try database.rows("SELECT shard, kind, name, count FROM counts") {
      guard let shard = row["shard"]?.int, shards.indices.contains(shard),
        let name = row["name"]?.text, let count = row["count"]?.uint64
      else { return nil }
      if row["kind"]?.text == "rejected" {
        shards[shard].totals.rejected[name] = count
      } else {
        shards[shard].totals.counters[name] = count
      }
    }
    spec = ShardSpec(
      json: Array(json.utf8), contextLength: contextLength, padID: pad, idCount: idCount,
      sampleAlignment: alignment)
    self.digest = digest
    totals = Totals()
    for shard in shards { totals += shard.totals }
    if let index = facts["partition"]?.int, let count = facts["partitions"]?.int {
      partition = Partition(index: index, count: count)
      partition?.blocks = facts["blocks_digest"]?.text.flatMap(Digest128.init(hex:))
    }
  }
}

extension Manifest.Shard {
  fileprivate init?(_ row: SQLiteDatabase.Row, inputs: [Manifest.Input]) {
    func digest(_ column: String) -> Digest128? {
      row[column]?.blob.flatMap { Digest128(bytes: $0) }
    }
    var totals = Totals()
    for (column, count) in Self.counts {
      guard let value = row[column]?.uint64 else { return nil }
      totals[keyPath: count] = value
    }
    guard let name = row["name"]?.text, let firstRow = row["first_row"]?.int,
      let samples = row["segments"]?.uint64, let frames = row["frames"]?.int,
      let fileSize = row["bytes"]?.int, let fileDigest = digest("file_digest"),
      let contentDigest = digest("content_digest"), let input = row["input"]?.int,
      inputs.indices.contains(input), let block = row["block"]?.int,
      let isLast = row["last_of_input"]?.int, let key = digest("block_key"),
      let byteOffset = row["byte_offset"]?.uint64, let byteCount = row["byte_count"]?.uint64,
      let firstLine = row["first_line"]?.uint64
    else { return nil }
    self.init(
      name: name,
      source: BlockSource(
        input: input, inputCount: inputs.count, block: block, isLastOfInput: isLast != 0,
        file: inputs[input].file, byteOffset: byteOffset, byteCount: byteCount,
        firstLine: firstLine, key: key),
      firstRow: firstRow, totals: totals, samplesInRows: samples, frameCount: frames,
      fileSize: fileSize, fileDigest: fileDigest, contentDigest: contentDigest)
  }
}

extension Manifest.Shard {
  /// Columns of the table that are counts of the shard's totals.
  private static var counts: [(String, WritableKeyPath<Totals, UInt64>)] {
    [
      ("rows", \.rows), ("tokens", \.tokens), ("supervised_tokens", \.supervisedTokens),
      ("records", \.records), ("accepted", \.accepted), ("samples", \.samples),
      ("truncated", \.truncated),
    ]
  }
}

extension SQLiteDatabase.Value {
  fileprivate var uint64: UInt64? { int.flatMap { UInt64(exactly: $0) } }
}
