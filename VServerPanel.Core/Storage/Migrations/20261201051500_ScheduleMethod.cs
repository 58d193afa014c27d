using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace VServerPanel.Core.Storage.Migrations
{
    /// <inheritdoc />
    public partial class ScheduleMethod : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "FollowedJobId",
                table: "unification_schedule",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "Method",
                table: "unification_schedule",
                type: "INTEGER",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "FollowedJobId",
                table: "unification_schedule");

            migrationBuilder.DropColumn(
                name: "Method",
                table: "unification_schedule");
        }
    }
}
