using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace VServerPanel.Core.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Hosts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropPrimaryKey(
                name: "PK_unification_schedule",
                table: "unification_schedule");

            migrationBuilder.DropColumn(
                name: "Id",
                table: "unification_schedule");

            migrationBuilder.AddColumn<string>(
                name: "Host",
                table: "unification_schedule",
                type: "TEXT",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddPrimaryKey(
                name: "PK_unification_schedule",
                table: "unification_schedule",
                column: "Host");

            migrationBuilder.CreateTable(
                name: "hosts",
                columns: table => new
                {
                    Name = table.Column<string>(type: "TEXT", nullable: false, collation: "NOCASE"),
                    Address = table.Column<string>(type: "TEXT", nullable: false),
                    Port = table.Column<int>(type: "INTEGER", nullable: false),
                    HostKey = table.Column<string>(type: "TEXT", nullable: false),
                    AddedBy = table.Column<string>(type: "TEXT", nullable: false),
                    AddedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_hosts", x => x.Name);
                });

            migrationBuilder.CreateIndex(
                name: "IX_hosts_Address_Port",
                table: "hosts",
                columns: new[] { "Address", "Port" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "hosts");

            migrationBuilder.DropPrimaryKey(
                name: "PK_unification_schedule",
                table: "unification_schedule");

            migrationBuilder.DropColumn(
                name: "Host",
                table: "unification_schedule");

            migrationBuilder.AddColumn<int>(
                name: "Id",
                table: "unification_schedule",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddPrimaryKey(
                name: "PK_unification_schedule",
                table: "unification_schedule",
                column: "Id");
        }
    }
}
