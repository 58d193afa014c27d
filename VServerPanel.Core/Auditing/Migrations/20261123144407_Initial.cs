using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace VServerPanel.Core.Auditing.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "audit_entries",
                columns: table => new
                {
                    Sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    Host = table.Column<string>(type: "TEXT", nullable: false),
                    OperationId = table.Column<string>(type: "TEXT", nullable: false),
                    Phase = table.Column<int>(type: "INTEGER", nullable: false),
                    Origin = table.Column<int>(type: "INTEGER", nullable: false),
                    Time = table.Column<long>(type: "INTEGER", nullable: false),
                    User = table.Column<string>(type: "TEXT", nullable: false),
                    Login = table.Column<string>(type: "TEXT", nullable: false),
                    Address = table.Column<string>(type: "TEXT", nullable: true),
                    VServer = table.Column<string>(type: "TEXT", nullable: true),
                    VServerId = table.Column<Guid>(type: "TEXT", nullable: true),
                    Operation = table.Column<string>(type: "TEXT", nullable: false),
                    Command = table.Column<string>(type: "TEXT", nullable: false),
                    Detail = table.Column<string>(type: "TEXT", nullable: true),
                    Before = table.Column<string>(type: "TEXT", nullable: true),
                    After = table.Column<string>(type: "TEXT", nullable: true),
                    Outcome = table.Column<int>(type: "INTEGER", nullable: true),
                    ProblemCode = table.Column<int>(type: "INTEGER", nullable: true),
                    ProblemMessage = table.Column<string>(type: "TEXT", nullable: true),
                    DurationMilliseconds = table.Column<long>(type: "INTEGER", nullable: true),
                    PreviousHash = table.Column<string>(type: "TEXT", nullable: false),
                    Hash = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_audit_entries", x => x.Sequence);
                });

            migrationBuilder.CreateTable(
                name: "journal_positions",
                columns: table => new
                {
                    Host = table.Column<string>(type: "TEXT", nullable: false),
                    Position = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_journal_positions", x => x.Host);
                });

            migrationBuilder.CreateIndex(
                name: "IX_audit_entries_Host_Time",
                table: "audit_entries",
                columns: new[] { "Host", "Time" });

            migrationBuilder.CreateIndex(
                name: "IX_audit_entries_OperationId_Phase_Host",
                table: "audit_entries",
                columns: new[] { "OperationId", "Phase", "Host" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_audit_entries_Operation_Time",
                table: "audit_entries",
                columns: new[] { "Operation", "Time" });

            migrationBuilder.CreateIndex(
                name: "IX_audit_entries_Outcome_Time",
                table: "audit_entries",
                columns: new[] { "Outcome", "Time" });

            migrationBuilder.CreateIndex(
                name: "IX_audit_entries_Time",
                table: "audit_entries",
                column: "Time");

            migrationBuilder.CreateIndex(
                name: "IX_audit_entries_User_Time",
                table: "audit_entries",
                columns: new[] { "User", "Time" });

            migrationBuilder.CreateIndex(
                name: "IX_audit_entries_VServerId_Time",
                table: "audit_entries",
                columns: new[] { "VServerId", "Time" });

            migrationBuilder.CreateIndex(
                name: "IX_audit_entries_VServer_Time",
                table: "audit_entries",
                columns: new[] { "VServer", "Time" });

            migrationBuilder.Sql(AppendOnlyTriggers.Create);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "audit_entries");

            migrationBuilder.DropTable(
                name: "journal_positions");
        }
    }
}
