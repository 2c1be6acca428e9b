// htmx would write a <style> into each page, which the panel's Content-Security-Policy forbids.
htmx.config.includeIndicatorStyles = false;
