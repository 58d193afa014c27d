using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.Data.Sqlite;
using VServerPanel.Auditing;
using VServerPanel.Core.Auditing;
using VServerPanel.Identity;
using VServerPanel.Protocol;

namespace VServerPanel.Components.Pages;

/// <summary>/audit: the history with filters, which are in the address, so that it can be passed on and the CSV carries them.</summary>
public sealed partial class AuditHistoryPage
{
    private const int PageSize = 50;
    private const int CountLimit = 10_000;

    private static readonly AuditFilter s_everything = new();
    private static readonly (string Value, string Title)[] s_outcomes = [("succeeded", "Done"), ("failed", "Failed"), ("cancelled", "Cancelled"), ("rolledback", "Undone")];

    private readonly Stack<AuditCursor?> _newer = new();
    private AuditFilter _filter = s_everything;
    private AuditVocabulary _vocabulary = new([], [], []);
    private AuditPage? _page;
    private AuditCursor? _cursor;
    private AuditVerification? _verification;
    private Exception? _problem;
    private string? _shownAddress;
    private int _count;
    private bool _loading;
    private bool _verifying;
    private DateOnly? _from;
    private DateOnly? _until;
    private string _host = "";
    private string _user = "";
    private string _operation = "";
    private string _vserver = "";
    private string _outcome = "";
    private string _text = "";

    [Inject]
    private AuditService History { get; set; } = null!;

    [Inject]
    private Gate Gate { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    // Named so that a change of the address reaches OnParametersSet; the values are read from the address itself.
    [SupplyParameterFromQuery(Name = "text")]
    private string? TextInAddress { get; set; }

    private bool ShowHost => _vocabulary.Hosts.Count > 1;

    private string CountText => _count == 0 ? "" : _count >= CountLimit
        ? $"More than {CountLimit.ToString("N0", CultureInfo.InvariantCulture)} entries"
        : string.Create(CultureInfo.InvariantCulture, $"{(_newer.Count * PageSize) + 1:N0}–{(_newer.Count * PageSize) + _page!.Entries.Count:N0} of {_count:N0}");

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_shownAddress == Navigation.Uri)
        {
            return;
        }

        _shownAddress = Navigation.Uri;
        _filter = AuditQuery.Read(new Uri(Navigation.Uri));
        _from = Date(_filter.From);
        _until = Date(_filter.Until?.AddDays(-1));
        (_host, _user, _operation, _vserver, _text) = (_filter.Host ?? "", _filter.User ?? "", _filter.Operation ?? "", _filter.VServer ?? "", _filter.Text ?? "");
        _outcome = _filter.Outcome?.ToString().ToLowerInvariant() ?? "";
        _newer.Clear();
        await LoadAsync(null, countToo: true);
    }

    private static DateOnly? Date(DateTimeOffset? time) => time is { } t ? DateOnly.FromDateTime(t.ToLocalTime().DateTime) : null;

    private static DateTimeOffset? Beginning(DateOnly? date) => date is { } d ? new DateTimeOffset(d.ToDateTime(TimeOnly.MinValue, DateTimeKind.Local)) : null;

    private void Apply() => Navigation.NavigateTo(AuditQuery.Address("audit", new AuditFilter
    {
        From = Beginning(_from),
        Until = Beginning(_until?.AddDays(1)),
        Host = _host,
        User = _user,
        Operation = _operation,
        VServer = _vserver.Trim(),
        Outcome = Enum.TryParse<OperationOutcome>(_outcome, ignoreCase: true, out var outcome) ? outcome : null,
        Text = _text.Trim(),
    }));

    private async Task OlderAsync()
    {
        _newer.Push(_cursor);
        await LoadAsync(_page!.Older);
    }

    private Task NewerAsync() => LoadAsync(_newer.Pop());

    private async Task LoadAsync(AuditCursor? cursor, bool countToo = false)
    {
        _loading = true;
        try
        {
            await Gate.DemandAsync(Policies.Audit);
            var page = await History.QueryAsync(_filter, cursor, PageSize);
            (_page, _cursor, _problem) = (page, cursor, null);
            if (countToo)
            {
                _count = await History.CountAsync(_filter, CountLimit);
                _vocabulary = await History.VocabularyAsync();
            }
        }
        catch (Exception e) when (e is NotAllowedException or SqliteException)
        {
            _problem = e;
        }

        _loading = false;
    }

    private async Task VerifyAsync()
    {
        _verifying = true;
        try
        {
            await Gate.DemandAsync(Policies.Audit);
            _verification = await History.VerifyAsync();
        }
        catch (Exception e) when (e is NotAllowedException or SqliteException)
        {
            _problem = e;
        }

        _verifying = false;
    }
}
