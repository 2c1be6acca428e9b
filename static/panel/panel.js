// htmx would write a <style> into each page, which the panel's Content-Security-Policy forbids.
htmx.config.includeIndicatorStyles = false;

// A file is sent as it is and not as a form: the panel writes it down as it comes, and nothing keeps it in memory.
document.addEventListener("submit", (event) => {
    const form = event.target, work = form.dataset.send ? send : form.dataset.take ? take : null;
    if (work) {
        event.preventDefault();
        watched(form, work);
    }
});

class Refusal extends Error {}

async function watched(form, work) {
    const button = form.querySelector("button"), told = form.querySelector("[role=status]");
    const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
    if (files.some((file) => file.size > form.dataset.most * 1024 * 1024)) {
        told.textContent = `A file that is sent may have ${form.dataset.most} MB; put a longer one into the site's private folder.`;
        return;
    }
    button.disabled = true;
    told.textContent = "Sending; stay on this page …";
    try {
        await work(form);
        location.assign(form.dataset.then);
        return;
    } catch (error) {
        const broken = "The file could not be sent: it is too long, or the connection broke. Try again.";
        told.textContent = error instanceof Refusal ? error.message : broken;
    }
    button.disabled = false;
}

async function post(form, url, body, type = "application/octet-stream") {
    const headers = { "Content-Type": type, "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
    const answer = await fetch(url, { method: "POST", body, headers });
    const said = await answer.json();
    if (!answer.ok) {
        throw new Refusal(said.detail);
    }
    return said;
}

async function send(form) {
    await post(form, `${form.dataset.send}?keep=${form.elements.keep.checked ? 1 : 0}`, form.elements.dump.files[0]);
}

// An archive, and perhaps a dump beside it: each is kept for the request that names both.
async function take(form) {
    const asked = { site: form.dataset.site, label: form.elements.label.value, identity: form.elements.identity.value };
    for (const [name, input] of [["upload", form.elements.archive], ["dump_upload", form.elements.dump]]) {
        if (input.files[0]) {
            asked[name] = (await post(form, form.dataset.take, input.files[0])).upload;
        }
    }
    await post(form, form.dataset.import, JSON.stringify(asked), "application/json");
}

// On a telephone the tab that is shown may lie beyond the edge.
document.addEventListener("DOMContentLoaded", () => {
    document.querySelector(".fp-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
});
