/// The name that somebody meant who wrote another.
public enum NearName {
  /// The nearest of `names`, where few letters differ: at most a third of them. O(names × length²), of short names.
  public static func of(_ written: String, among names: [String]) -> String? {
    let wanted = Array(written.lowercased().replacing("_", with: "-").unicodeScalars.prefix(64))
    guard wanted.count > 1 else { return nil }
    let near = names.map { ($0, distance(wanted, Array($0.unicodeScalars))) }
      .min { $0.1 < $1.1 }
    guard let near, near.1 <= max(1, wanted.count / 3) else { return nil }
    return near.0
  }

  /// Letters put in, left out, exchanged or changed places (Damerau's distance, adjacent transpositions).
  private static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var (before, last) = ([Int](), Array(0...b.count))
    for (i, x) in a.enumerated() {
      var row = [i + 1]
      for (j, y) in b.enumerated() {
        var cost = min(last[j] + (x == y ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { cost = min(cost, before[j - 1] + 1) }
        row.append(cost)
      }
      (before, last) = (last, row)
    }
    return last[b.count]
  }
}
