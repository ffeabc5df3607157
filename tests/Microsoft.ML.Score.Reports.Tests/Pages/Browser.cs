using System.Collections.ObjectModel;
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;

namespace Microsoft.ML.Score.Reports.Pages;

/// <summary>
/// A page as a reader sees it, in Chromium without a window. One Chromium shows the pages of all tests, one after the other, since its start takes seconds. Tests that
/// open one are left out where Debian's chromium and chromium-driver are not installed.
/// </summary>
internal sealed class Browser : IDisposable
{
    private const string Program = "/usr/bin/chromium";
    private const string Driver = "/usr/bin/chromedriver";
    private const int MostStarts = 3;

    private static readonly Lazy<(ChromeDriver Driver, TemporaryFolder Profile)> s_chromium = new(Start);

    private readonly ChromeDriver _driver = s_chromium.Value.Driver;

    /// <summary>What the page has written to the console as errors, those of scripts and of its policy among them.</summary>
    public IReadOnlyList<string> Errors => [.. _driver.Manage().Logs.GetLog(LogType.Browser).Where(entry => entry.Level == LogLevel.Severe).Select(entry => entry.Message)];

    /// <summary>Opens a page from the disk.</summary>
    /// <param name="path">The file.</param>
    /// <param name="phone">At 360 pixels of width; else at 1280.</param>
    /// <param name="dark">With the reader's choice of dark.</param>
    public static Browser Open(string path, bool phone = false, bool dark = false)
    {
        // A browser is too large to come with the packages. What pages hold is tested without one as well; .ci/run installs it, so that there no such test is left out.
        if (!File.Exists(Program) || !File.Exists(Driver))
            Assert.Ignore("Needs Debian's packages chromium and chromium-driver.");

        var browser = new Browser();
        browser.Command("Emulation.setDeviceMetricsOverride", new()
        {
            ["width"] = phone ? 360 : 1280,
            ["height"] = phone ? 740 : 900,
            ["deviceScaleFactor"] = 1,
            ["mobile"] = phone,
        });
        browser.Command("Emulation.setEmulatedMedia", new()
        {
            ["features"] = new object[] { new Dictionary<string, object> { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" } },
        });
        browser._driver.Navigate().GoToUrl(new Uri(Path.GetFullPath(path)));
        return browser;
    }

    /// <summary>Ends Chromium, where it was started.</summary>
    public static void Close()
    {
        if (!s_chromium.IsValueCreated)
            return;
        s_chromium.Value.Driver.Dispose();
        s_chromium.Value.Profile.Dispose();
    }

    /// <summary>The value of an expression.</summary>
    public T Read<T>(string expression) => (T)Convert.ChangeType(_driver.ExecuteScript($"return {expression};"), typeof(T), System.Globalization.CultureInfo.InvariantCulture)!;

    /// <summary>Runs statements, which find what is given with them as arguments[0] and so on.</summary>
    public void Run(string statements, params object[] arguments) => _driver.ExecuteScript(statements, arguments);

    /// <summary>The numbers of an expression that is an array.</summary>
    public int[] ReadNumbers(string expression) => [.. ((ReadOnlyCollection<object>)_driver.ExecuteScript($"return Array.from({expression});")!).Select(Convert.ToInt32)];

    /// <summary>The text of an element as it is shown.</summary>
    public string Text(string selector) => _driver.FindElement(By.CssSelector(selector)).Text;

    /// <summary>Gives an element the focus, as a click into it does.</summary>
    public void Focus(string selector) => _driver.FindElement(By.CssSelector(selector)).Click();

    /// <summary>Presses keys one after the other, such as <see cref="Keys.Tab"/>, wherever the focus is.</summary>
    public void Press(params string[] keys)
    {
        foreach (var key in keys)
            _driver.SwitchTo().ActiveElement().SendKeys(key);
    }

    /// <summary>Whether the page is wider than the window.</summary>
    public bool ScrollsSideways => Read<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth");

    /// <summary>A picture of the whole page, kept with the results of the run.</summary>
    /// <param name="name">The file's name without extension.</param>
    /// <returns>The file.</returns>
    public string Screenshot(string name)
    {
        var height = Read<int>("document.documentElement.scrollHeight");
        var picture = (Dictionary<string, object>)Command("Page.captureScreenshot", new()
        {
            ["captureBeyondViewport"] = true,
            ["clip"] = new Dictionary<string, object> { ["x"] = 0, ["y"] = 0, ["width"] = Read<int>("document.documentElement.clientWidth"), ["height"] = height, ["scale"] = 1 },
        });
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(TestContext.CurrentContext.WorkDirectory, "screenshots")).FullName, name + ".png");
        File.WriteAllBytes(path, Convert.FromBase64String((string)picture["data"]));
        return path;
    }

    public void Dispose()
    {
        _driver.Navigate().GoToUrl("about:blank");
        _ = Errors; // reading takes them away
    }

    private static (ChromeDriver, TemporaryFolder) Start()
    {
        var profile = new TemporaryFolder();
        var options = new ChromeOptions { BinaryLocation = Program };
        // Without a sandbox, which a container does not allow; all that calls home is off.
        options.AddArguments(
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", $"--user-data-dir={profile.Path}");
        options.SetLoggingPreference(LogType.Browser, LogLevel.All);
        for (var attempt = 1; ; attempt++)
        {
            var service = ChromeDriverService.CreateDefaultService(Path.GetDirectoryName(Driver), Path.GetFileName(Driver));
            service.SuppressInitialDiagnosticInformation = true;
            try
            {
                return (new ChromeDriver(service, options, TimeSpan.FromMinutes(1)), profile);
            }
            catch (WebDriverException) when (attempt < MostStarts)
            {
                // A busy machine may let a start wait longer than the driver does.
                service.Dispose();
            }
        }
    }

    private object Command(string name, Dictionary<string, object?> parameters) => _driver.ExecuteCdpCommand(name, parameters)!;
}
