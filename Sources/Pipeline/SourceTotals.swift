import Files
import ShardWriter

/// What became of the records of one input file, or of the files of one folder.
public struct SourceTotals: Hashable, Sendable {
  /// The file, or the folder with `/` behind it.
  public var name: String
  public var files = 1
  public var totals = Totals()

  /// More files than this are told by their folders.
  static let fileLimit = 12

  /// The parts of a run by file, in the order of the input; by folder where files are many.
  public static func all(of shards: [(source: BlockSource, totals: Totals)]) -> [SourceTotals] {
    var files: [SourceTotals] = []
    var places: [Int: Int] = [:]
    for (source, totals) in shards {
      if let place = places[source.input] {
        files[place].totals += totals
      } else {
        places[source.input] = files.count
        files.append(
          SourceTotals(name: String(decoding: source.file, as: UTF8.self), totals: totals))
      }
    }
    return files.count > fileLimit ? byFolder(files) : files
  }

  private static func byFolder(_ files: [SourceTotals]) -> [SourceTotals] {
    var folders: [SourceTotals] = []
    var places: [String: Int] = [:]
    for file in files {
      let name = file.name.lastIndex(of: "/").map { String(file.name[...$0]) } ?? "./"
      if let place = places[name] {
        folders[place].totals += file.totals
        folders[place].files += 1
      } else {
        places[name] = folders.count
        folders.append(SourceTotals(name: name, totals: file.totals))
      }
    }
    return folders
  }
}
