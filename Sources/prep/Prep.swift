import ArgumentParser
import Files
import Pipeline

/// The commands of `prep`.
struct Prep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prep",
    abstract: "Turns instruction records into training shards: exact ids, explained masks.",
    version: prepVersion,
    subcommands: [
      RunCommand.self,
      InspectCommand.self,
      ShowCommand.self,
      StatsCommand.self,
      ReportCommand.self,
      PlanCommand.self,
      VerifyCommand.self,
      MergeCommand.self,
      ExportCommand.self,
      TrainCommand.self,
      EncodeCommand.self,
      DecodeCommand.self,
      TokenizerCommand.self,
      RenderCommand.self,
      DoctorCommand.self,
    ])

  static func main() {
    FileSystem.openStandardDescriptors()
    main(nil)
  }
}
