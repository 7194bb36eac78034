// admin stats|withhold: what the operator asks a log on this machine, by its socket.
#include "client/cli/commands.h"
#include "client/cli/session.h"
#include "client/rpc/admin_client.h"
#include "fmt/format.h"
#include "proto/attest/forms.h"
#include "trustlog/v1/admin.pb.h"

namespace trustlog::cli {
namespace {

constexpr std::string_view kDefaultSocket = "/run/trustlog/admin.sock";
const Option kSocket = {"--socket", "PATH", "of the log's configuration, rpc.admin_socket (default /run/trustlog/admin.sock)"};

absl::StatusOr<std::unique_ptr<rpc::AdminClient>> Connect(const Session& session, const Arguments& arguments) {
  const auto timeout = session.TimeoutMs();
  if (!timeout.ok()) return timeout.status();
  return std::make_unique<rpc::AdminClient>(arguments.Get("socket", kDefaultSocket), std::chrono::milliseconds(*timeout));
}

std::string Duration(std::int64_t ms) {
  const auto seconds = ms / 1'000;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3'600) return fmt::format("{} min", seconds / 60);
  if (seconds < 48 * 3'600) return fmt::format("{} h {} min", seconds / 3'600, seconds / 60 % 60);
  return fmt::format("{} d {} h", seconds / 86'400, seconds / 3'600 % 24);
}

std::string TextOf(const v1::GetStatsResponse& stats) {
  std::string text = fmt::format(
      "log         {}   trustlogd {}, up {}\n"
      "sizes       integrated {}, published {}, mark {}\n"
      "published   {}\n"
      "writes      {}; {} queued, oldest unpublished {} ms\n"
      "growth      {} entries within 24 h\n"
      "withheld    {} statements, {} due\n",
      Escape(stats.origin()), Escape(stats.version()), Duration(stats.uptime_ms()), stats.integrated_size(), stats.published_size(),
      stats.mark_size(),
      stats.published_at_ms() == 0 ? "nothing since the start" : attest::FormatTime(stats.published_at_ms() / 1'000),
      Escape(stats.writes()), stats.queued(), stats.unpublished_ms(), stats.entries_last_day(), stats.withheld(),
      stats.withholding_due());
  for (const auto& row : stats.storage()) text += fmt::format("storage     {} {} bytes\n", Escape(row.part()), row.bytes());
  return text;
}

JsonObject JsonOf(const v1::GetStatsResponse& stats) {
  std::vector<JsonObject> storage;
  for (const auto& row : stats.storage()) storage.push_back(JsonObject().Text("part", row.part()).Number("bytes", row.bytes()));
  const auto number = [](std::int64_t value) { return static_cast<std::uint64_t>(value < 0 ? 0 : value); };
  return JsonObject()
      .Text("origin", stats.origin())
      .Text("version", stats.version())
      .Number("uptimeMs", number(stats.uptime_ms()))
      .Number("integratedSize", stats.integrated_size())
      .Number("publishedSize", stats.published_size())
      .Number("markSize", stats.mark_size())
      .Time("publishedAt", stats.published_at_ms() / 1'000)
      .Text("writes", stats.writes())
      .Number("queued", stats.queued())
      .Number("unpublishedMs", number(stats.unpublished_ms()))
      .Number("entriesLastDay", stats.entries_last_day())
      .Number("withheld", stats.withheld())
      .Number("withholdingDue", stats.withholding_due())
      .Objects("storage", storage);
}

absl::StatusOr<ExitCode> Stats(Session& session, const Arguments& arguments) {
  const auto client = Connect(session, arguments);
  if (!client.ok()) return client.status();
  v1::GetStatsResponse stats;
  if (auto status = (*client)->GetStats({}, stats); !status.ok()) return status;
  return session.output().Result(TextOf(stats), JsonOf(stats));
}

absl::StatusOr<ExitCode> Withhold(Session& session, const Arguments& arguments) {
  const auto index = arguments.Number("INDEX", 0);
  if (!index.ok()) return index.status();
  const auto notice = arguments.Number("notice", 0);
  if (!notice.ok()) return notice.status();
  const auto client = Connect(session, arguments);
  if (!client.ok()) return client.status();
  v1::WithholdStatementRequest request;
  request.set_index(*index);
  request.set_notice_index(*notice);
  v1::WithholdStatementResponse response;
  if (auto status = (*client)->WithholdStatement(request, response); !status.ok()) return status;
  session.output().Talk("copies that were made before are not recalled by this");
  return session.output().Result(
      fmt::format("WITHHELD  statement {} (notice {}){}\n", *index, *notice, response.repeated() ? ", as it was before" : ""),
      JsonObject().Number("index", *index).Number("noticeIndex", *notice).Flag("repeated", response.repeated()));
}

}  // namespace

Commands AdminCommands() {
  return {{"admin stats", "sizes, queue and storage of the log on this machine", {kSocket}, Stats},
          {"admin withhold",
           "withhold a statement now that its erasure notice is published",
           {{"INDEX", "", "of the entry whose statement it is", Count::kRequired},
            {"--notice", "N", "index of the erasure notice about it", Count::kRequired},
            kSocket},
           Withhold}};
}

}  // namespace trustlog::cli
