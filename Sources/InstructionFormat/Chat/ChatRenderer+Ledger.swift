import Jinja

/// What became of the texts of a record that went through the template.
extension ChatRenderer {
  /// Bytes that a path has in the samples of a record.
  struct Share: BitwiseCopyable {
    /// In the sample at hand: copied from the path, and computed from it or from what it is inside of.
    var copied: UInt32 = 0
    var copiedLost: UInt32 = 0
    var computed: UInt32 = 0
    var computedLost: UInt32 = 0
    /// Of what stands at the path itself, the most in any sample: in the text, and left there by truncation.
    var reached: UInt32 = 0
    var kept: UInt32 = 0
    /// Whether any sample prints something of it.
    var isPrinted = false

    /// Forgets the sample at hand.
    mutating func beginSample() {
      self = Share(reached: reached, kept: kept, isPrinted: isPrinted)
    }

    @inline(__always)
    mutating func inherit(_ above: Share) {
      if above.computed > 0, computed == 0 || computedLost > 0 {
        (computed, computedLost) = (above.computed, above.computedLost)
      }
      isPrinted = isPrinted || copied > 0 || computed > 0
    }

    /// Settles how much of a text of so many bytes is in the sample, and how much of that is left.
    @inline(__always)
    mutating func reach(_ carried: UInt32) {
      let copied = min(carried, copied)
      var left = min(copied, self.copied - copiedLost)
      if computed > 0 {
        // A text that is computed and cut in part is cut in proportion.
        let share = UInt64(computed - computedLost) * UInt64(carried) / UInt64(computed)
        left = max(left, UInt32(share))
      }
      reached = max(reached, computed > 0 ? carried : copied)
      kept = max(kept, left)
    }
  }

  /// Counts what the sample rendered last holds of each text. `cut`: what truncation took away; nil where it took
  /// nothing. O(spans + paths).
  public func account(sample index: Int, cut: inout TextCut?) {
    let count = pathCount
    if shares.count < count {
      shares.append(contentsOf: repeatElement(Share(), count: count - shares.count))
    }
    accounted = max(accounted, plans[index].count)
    unsafe shares.withUnsafeMutableBufferPointer { shares in
      if index > 0 {
        for place in 0..<count { unsafe shares[place].beginSample() }
      }
      unsafe rendered.spans.withElements(0..<rendered.spans.count) { spans in
        unsafe Self.add(spans, to: shares, &cut)
      }
      unsafe paths.nodes.withElements(0..<count) { nodes in
        for place in 1..<count {
          let node = unsafe nodes[place]
          // What is computed from a whole holds all of its parts.
          unsafe shares[place].inherit(shares[Int(node.parent)])
          guard node.carried > 0 else { continue }
          // Exchanges that are left out are cut off whole.
          if leftOut.contains(Int(node.turn)) {
            unsafe shares[place].reached = node.carried
          } else {
            unsafe shares[place].reach(node.carried)
          }
        }
      }
    }
  }

  private static func add(
    _ spans: UnsafeBufferPointer<RenderOutput.Span>, to shares: UnsafeMutableBufferPointer<Share>,
    _ cut: inout TextCut?
  ) {
    cut?.rewind()
    var start = 0
    for index in spans.indices {
      let span = unsafe spans[index]
      let end = Int(span.end)
      defer { start = end }
      let (author, kind) = (span.origin.author, span.origin.kind)
      guard author > 0, kind != .template else { continue }
      let lost = UInt32(cut?.count(in: start..<end) ?? 0)
      if kind == .field {
        unsafe shares[author].copied += UInt32(end - start)
        unsafe shares[author].copiedLost += lost
      } else {
        unsafe shares[author].computed += UInt32(end - start)
        unsafe shares[author].computedLost += lost
      }
    }
  }

  /// Enters the record that was prepared last, all samples of which were accounted for.
  public func close(_ ledger: inout Ledger) {
    isUnread.removeAll(keepingCapacity: true)
    // The turn whose calls are looked at, and whether anything of them is in the text.
    var calling: (turn: Int, isShown: Bool)?
    unsafe paths.nodes.withElements(0..<shares.count) { nodes in
      for place in 0..<shares.count {
        let node = unsafe nodes[place]
        let share = shares[place]
        let isOwn =
          unsafe node.kind == .otherField && node.keyCount >= 0 && !share.isPrinted
          && nodes[Int(node.parent)].isMessage && !isKnown(node, &ledger)
        isUnread.append(isOwn || (place > 0 && isUnread[Int(node.parent)]))
        guard node.carried > 0, let field = node.field else { continue }
        let carried = Int(node.carried)
        guard Int(node.turn) < accounted, !isUnread[place] else {
          ledger.add(field, rendered: 0, unused: carried)
          continue
        }
        if field == .toolCalls {
          let turn = Int(node.turn)
          if let known = calling, known.turn != turn {
            if !known.isShown { ledger.callsLost += 1 }
            calling = nil
          }
          calling = (turn, share.reached > 0 || calling?.isShown ?? false)
        }
        let (reached, kept) = (Int(share.reached), Int(min(share.kept, share.reached)))
        ledger.add(field, rendered: kept, dropped: carried - reached, cut: reached - kept)
      }
    }
    if let calling, !calling.isShown { ledger.callsLost += 1 }
  }

  /// Whether the template knows the name of a member of a message; enters it where it does not.
  private func isKnown(_ member: RecordPaths.Node, _ ledger: inout Ledger) -> Bool {
    let name = Int(member.key)..<Int(member.key) + Int(member.keyCount)
    return unsafe machine.heap.bytes.withElements(name) { name in
      if unsafe template.template.atoms.find(name) != nil || reads(name) { return true }
      unsafe ledger.unread.add(name, isOfMessages: true)
      return false
    }
  }
}
