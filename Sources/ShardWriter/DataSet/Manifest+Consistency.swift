import Files
import Problems

/// A manifest is an index that somebody may have edited, or that belongs to other shards: it is followed only
/// where all that it says agrees.
extension Manifest {
  /// Throws where the manifest contradicts itself: names, order, first rows, sums by input and of all shards, the
  /// spec and its digest. `stated`: what it says of the whole data set. O(shards).
  func checkConsistency(stated: [String: Int], specDigest: String?) throws(Problem) {
    guard (1...Int(Int32.max)).contains(spec.contextLength),
      (0...Int(Int32.max)).contains(spec.idCount),
      (1...spec.contextLength).contains(spec.sampleAlignment), specDigest == spec.digest.description
    else { throw Self.contradiction("the spec does not have its digest, or cannot be one") }
    try checkShards()
    try checkInputs()
    for (name, sum) in totals.named where stated[name] != Int(clamping: sum) {
      throw Self.contradiction(
        "\(name) is \(stated[name].map(String.init) ?? "not given"), the shards have \(sum)")
    }
  }

  private func checkShards() throws(Problem) {
    var previous: BlockSource?
    var firstRow = 0
    for shard in shards {
      guard shard.name == shard.source.shardName else {
        throw Self.contradiction("a shard is named \(shard.name), not \(shard.source.shardName)")
      }
      do throws(Problem) {
        try ManifestBuilder.check(shard.source, after: previous, isPart: partition != nil)
      } catch {
        throw Self.contradiction(error.reason)
      }
      previous = shard.source
      guard shard.firstRow == firstRow else {
        throw Self.contradiction(
          "\(shard.name) begins at row \(shard.firstRow), the shards before it end at row \(firstRow)"
        )
      }
      let totals = shard.totals
      guard totals.rows <= UInt32.max, totals.supervisedTokens <= totals.tokens,
        totals.accepted.addingReportingOverflow(totals.rejectedCount)
          == (totals.records, overflow: false), shard.frameCount <= totals.rows,
        shard.frameCount >= 0, shard.fileSize > 0
      else { throw Self.contradiction("the counts of \(shard.name) cannot be right") }
      firstRow += Int(totals.rows)
    }
    guard partition == nil else { return }
    do throws(Problem) {
      try ManifestBuilder.checkEnd(previous)
    } catch {
      throw Self.contradiction(error.reason)
    }
  }

  private func checkInputs() throws(Problem) {
    var sums = inputs.map { Input(file: $0.file, byteCount: 0, blocks: 0, records: 0) }
    for shard in shards {
      sums[shard.source.input].byteCount &+= shard.source.byteCount
      sums[shard.source.input].blocks += 1
      sums[shard.source.input].records &+= shard.totals.records
    }
    guard sums == inputs else {
      throw Self.contradiction("what it says of the inputs is not the sum of their shards")
    }
  }

  private static func contradiction(_ what: String) -> Problem {
    Problem(reason: "its entries do not agree: \(what)", remedy: rebuild)
  }
}

extension Totals {
  /// The counts by the names that the manifest has for them.
  var named: [(name: String, count: UInt64)] {
    [
      ("accepted", accepted), ("records", records), ("rejected", rejectedCount), ("rows", rows),
      ("samples", samples), ("supervised_tokens", supervisedTokens), ("tokens", tokens),
      ("truncated", truncated),
    ]
  }
}

extension Manifest.Shard {
  /// Whether `reader` is this shard: its header says the same, and its index has the same content.
  func isShard(_ reader: ShardReader, of spec: ShardSpec) -> Bool {
    let header = reader.header
    return header.spec == spec && header.source == source && header.totals == totals
      && header.samplesInRows == samplesInRows && header.frameCount == frameCount
      && reader.index.contentDigest == contentDigest
      && UInt64(reader.index.rowCount) == totals.rows
  }
}
