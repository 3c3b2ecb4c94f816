# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016
# lxcpp-distrobuilder: recipes and options that are made to hang, to grow, or to reach what is not theirs.
# shellcheck source=tests/system/hostile_recipe.sh
source "$(dirname "${BASH_SOURCE[0]}")/hostile_recipe.sh"

# Soon, in little memory, and in a line that names the place. $1: what it says; the rest: the command.
refused() {
    local says="$1" start=$SECONDS
    shift
    run bash -c 'ulimit -v 1500000; exec "$@"' _ "$@"
    is $? 1 "$says: exit code"
    err_has "$says"
    err_is_one_line
    [ $((SECONDS - start)) -lt 30 ] || fail "$says: took $((SECONDS - start)) s"
    no_controls "$says"
}

# The recipe in standard input, by each command that reads one.
refused_recipe() {
    local verb
    cat >"$RECIPE"
    for verb in validate show lint "build-lxc --cache-dir=$BUILDS"; do
        # shellcheck disable=SC2086
        refused "$1" lxcpp-distrobuilder $verb "$RECIPE"
    done
    [ ! -e "$BUILDS" ] || fail "$1: something was begun"
}

test_recipes_that_include_themselves() { # 300 s
    hostile_payload
    refused_recipe "small.yaml is what this is part of" < <(echo "include: [small.yaml]")
    refused_recipe "is what this is part of" < <(echo "extends: ./../recipe/small.yaml")
    echo "include: [small.yaml]" >"$SANDBOX/recipe/other.yaml"
    refused_recipe "is what this is part of" < <(echo "include: [other.yaml]")
    local i
    for i in {1..30}; do echo "extends: deep$((i + 1)).yaml" >"$SANDBOX/recipe/deep$i.yaml"; done
    refused_recipe "more than 16 files that name each other" < <(echo "extends: deep1.yaml")
    # Two at each level: 2^15 of the last one.
    for i in {1..14}; do echo "include: [wide$((i + 1)).yaml, wide$((i + 1)).yaml]" >"$SANDBOX/recipe/wide$i.yaml"; done
    echo "packages: {sets: [{action: install, packages: [a, b, c]}]}" >"$SANDBOX/recipe/wide15.yaml"
    refused_recipe "more than 256 files make one recipe" < <(echo "include: [wide1.yaml, wide1.yaml]")
    refused_recipe "/dev/zero: is no file" < <(echo "include: [/dev/zero]")
    mkfifo "$SANDBOX/recipe/fifo"
    refused_recipe "fifo: is no file" < <(echo "include: [fifo]")
    refused_recipe "small.yaml:1:11: " < <(echo "include: [.]")
    refused_recipe "none.yaml" < <(echo "include: [none.yaml]")
    refused_recipe "small.yaml:1:10: a list of paths of files is expected" < <(echo "include: {a: b}")
    umount /tmp
}

test_texts_that_grow() { # 300 s
    hostile_payload
    refused_recipe "more than 200000 values" < <(python3 -c 'print("a0: &a0 [x, x, x, x, x, x, x, x, x, x]"); [print(f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 10) + "]") for i in range(1, 12)]')
    refused_recipe "more than 64 levels deep" < <(python3 -c 'print("a: " + "[" * 1000 + "]" * 1000)')
    refused_recipe "more than 64 levels deep" < <(python3 -c 'print("\n".join(" " * i + "a:" for i in range(3000)))')
    refused_recipe "more than 200000 values" < <(python3 -c 'print("a: " + "{a: " * 300000)')
    refused_recipe "an alias within what it stands for" < <(python3 -c 'print("a: &a [*a]")')
    refused_recipe "small.yaml" < <(python3 -c 'print("x: |\n" + "  0123456789\n" * 9000000)')
    refused_recipe "small.yaml" < <(head -c 100000000 /dev/zero)
    refused_recipe "small.yaml:" < <(printf 'image: {distribution: "\033]0;x\007\302\233"\n')
    umount /tmp
}

# $1: what it says; $2: a text with a template, as an action.
refused_template() {
    recipe_with_action "$2"
    sed -i 's/^- trigger: post-unpack$/&\n  pongo: true/' "$RECIPE"
    refused "$1" lxcpp-distrobuilder show "$RECIPE"
    refused "$1" lxcpp-distrobuilder build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS"
}

test_templates_that_grow_or_reach_out() { # 300 s
    hostile_payload
    local loop='' end='' i
    for i in {1..12}; do loop+="{% for a$i in actions %}{% for b$i in actions %}{% for c$i in actions %}" end+="{% endfor %}{% endfor %}{% endfor %}"; done
    refused_template "it takes more than 1000000 steps" "echo $loop x $end"
    refused_template "it may contain itself" "echo {{ actions.0.action }}"
    refused_template "nested too deeply" "echo $(printf '(%.0s' {1..5000})"'{{ '"$(printf '(%.0s' {1..5000})"' }}'
    local file
    for file in /etc/shadow ../recipe/secret secret "$SANDBOX/recipe/secret" file:///etc/passwd /proc/self/environ; do
        refused_template "the recipe does not name it under build.template_files" "echo {% include \"$file\" %}"
    done
    for file in ssi import extends; do refused_template "not allowed here: the tag $file" "echo {% $file \"/etc/shadow\" %}"; done
    ! grep -rqa "$(cat "$SANDBOX/recipe/secret")" "$TO" || fail "a file of the host came into an image"
    umount /tmp
}

# Values of -o: right, or one line that says what is wrong; whatever it is, nothing is written elsewhere than in the target.
test_options_of_any_value() { # 300 s
    hostile_payload
    local option verb long
    long=$(head -c 100000 /dev/zero | tr '\0' x)
    local -a options=('' = =x . .=x ..=x image image= image=x image.=x image..release=x image.release image.release= image.release==
        image.release=, image.release=a,b ',' ',,' '"' '"image.release=x' '"image.release=x"y' 'image.release="x"' $'image.release=a\nb' $'image.release=\033[2J'
        $'image.release=\302\233' $'image.release=\377' 'image.release={{ image.release }}' 'image.release={{' 'image.release={% for %}' 'image.release=$(touch planted)'
        "image.release=$long" "$long" "$long=x" image.name=../../planted image.name=/ image.name=. image.name=.. "image.name=$CANARY/planted" image.serial=../planted
        'image.distribution=..' image.variant=/ actions=x actions.0=x actions.-1.action=x actions.99999.action=x actions.18446744073709551616.action=x
        actions.0.action.0=x actions.0.trigger=x packages.sets.0.packages.0= source.url= source.url=x source.url=file:///etc/shadow "source.url=file://$CANARY/fifo"
        source.url=file:///dev/zero source.sha256=x source.sha256= source.downloader=x 'source.downloader=../x' files.0.path=relative files.0.path=/../../planted
        files.0.generator=x files.1.mode=99999 files.1.mode=-1 files.1.uid=4294967295 files.1.uid=-1 files.1.gid=nobody-here files.2.source=../../../../etc/shadow
        "files.2.source=$SANDBOX/recipe/fifo" files.2.source=/dev/zero files.2.source=/proc/self/mem environment.variables.0.key=A=B mappings.architecture=x
        vars.x=y vars=x matrix.releases.0=x build.skip_systemd_generator=perhaps targets.lxc.config.0.before=99999999999999999999)
    mkfifo "$SANDBOX/recipe/fifo"
    host_reading >"$SANDBOX/host.before"
    cd "$SANDBOX/tmp" || return
    for option in "${options[@]}"; do
        WHAT="-o ${option:0:60}"
        for verb in "show $RECIPE" "build-lxc $RECIPE $TO --cache-dir $BUILDS --compression none"; do
            # shellcheck disable=SC2086
            build_either_way $verb -o "$option"
            [ $CODE = 0 ] || [[ $ERR != *"terminate called"* ]] || fail "$WHAT: it dies"
            no_controls "$WHAT"
            [ ${#ERR} -lt 20000 ] || fail "$WHAT: a message of ${#ERR} characters"
        done
        unharmed "$WHAT"
        is "$(find "$SANDBOX" -name '*planted*' -o -newer "$RECIPE" -path "$SANDBOX/planted*")" "" "$WHAT: written elsewhere"
    done
    is "$(ls -A "$SANDBOX/tmp")" "" "the working directory"
    cache_is_usable
}
