// htmx would write a <style> into each page, which the panel's Content-Security-Policy forbids.
htmx.config.includeIndicatorStyles = false;

// A dump is sent as it is and not as a form: the panel writes it down as it comes, and nothing keeps it in memory.
document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.send) {
        event.preventDefault();
        send(form);
    }
});

async function send(form) {
    const button = form.querySelector("button"), told = form.querySelector("[role=status]");
    if (form.elements.dump.files[0].size > form.dataset.most * 1024 * 1024) {
        told.textContent = `A file that is sent may have ${form.dataset.most} MB; put a longer one into the site's private folder.`;
        return;
    }
    button.disabled = true;
    told.textContent = "Sending; stay on this page …";
    try {
        const answer = await fetch(`${form.dataset.send}?keep=${form.elements.keep.checked ? 1 : 0}`, {
            method: "POST",
            body: form.elements.dump.files[0],
            headers: {
                "Content-Type": "application/octet-stream",
                "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
            },
        });
        if (answer.ok) {
            location.assign(form.dataset.then);
            return;
        }
        told.textContent = (await answer.json()).detail;
    } catch {
        told.textContent = "The file could not be sent: it is too long, or the connection broke. Try again.";
    }
    button.disabled = false;
}

// On a telephone the tab that is shown may lie beyond the edge.
document.addEventListener("DOMContentLoaded", () => {
    document.querySelector(".fp-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
});
