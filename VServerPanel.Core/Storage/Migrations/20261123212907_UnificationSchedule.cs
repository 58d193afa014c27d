using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace VServerPanel.Core.Storage.Migrations
{
    /// <inheritdoc />
    public partial class UnificationSchedule : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "unification_schedule",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false),
                    IsOn = table.Column<bool>(type: "INTEGER", nullable: false),
                    Period = table.Column<int>(type: "INTEGER", nullable: false),
                    Day = table.Column<int>(type: "INTEGER", nullable: false),
                    Hour = table.Column<int>(type: "INTEGER", nullable: false),
                    Scope = table.Column<int>(type: "INTEGER", nullable: false),
                    Reference = table.Column<string>(type: "TEXT", nullable: true),
                    Members = table.Column<string>(type: "TEXT", nullable: true),
                    DoneUpTo = table.Column<long>(type: "INTEGER", nullable: false),
                    PendingJobId = table.Column<string>(type: "TEXT", nullable: true),
                    LastRun = table.Column<long>(type: "INTEGER", nullable: true),
                    LastJobId = table.Column<string>(type: "TEXT", nullable: true),
                    LastProblem = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_unification_schedule", x => x.Id);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "unification_schedule");
        }
    }
}
