import ArgumentParser
import Pipeline

/// The commands of `prep`.
struct Prep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prep",
    abstract: "Turns instruction records into training shards: exact ids, explained masks.",
    discussion: """
      Examples:
        prep run chats.jsonl --tokenizer MODEL_FOLDER -o shards
        prep inspect shards --row 0
        prep doctor MODEL_FOLDER

      A model folder is what trainers load: tokenizer.json, tokenizer_config.json, chat_template.jinja. A name such as \
      Qwen/Qwen3-8B finds the one that hf download fetched.
      """,
    version: prepVersion,
    subcommands: [
      RunCommand.self,
      InspectCommand.self,
      ShowCommand.self,
      StatsCommand.self,
      ReportCommand.self,
      PlanCommand.self,
      DiffCommand.self,
      WhereCommand.self,
      VerifyCommand.self,
      MergeCommand.self,
      ExportCommand.self,
      TrainCommand.self,
      EncodeCommand.self,
      DecodeCommand.self,
      TokenizerCommand.self,
      RenderCommand.self,
      DoctorCommand.self,
      AuditCommand.self,
    ])
}
